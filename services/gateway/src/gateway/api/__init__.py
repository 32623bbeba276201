"""The gateway's own routes: logins and tokens, new makers, documents, the state of the suite."""
