"""The NextEngine wholesale order CSV (受注CSV, 卸先マスタ参照) in both layouts: recognised, read, checked, placed.

`layouts` is the two tables of INT 4.1 and 4.2 as data; `headers` recognises them, `cells` knows the grammar of one
cell, `reading` groups rows into orders, `buckets` applies the fallbacks, `importing` decides with foreign facts.
"""
