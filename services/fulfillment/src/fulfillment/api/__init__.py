"""Routes of fulfillment. A single deed is a sub-resource; its bulk twin is the plural noun beside it."""
