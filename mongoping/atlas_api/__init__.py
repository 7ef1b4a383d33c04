"""What the Atlas Administration API says about the cluster of a connection string.

The data flow: `credentials` finds the key, `client` sends requests and returns documents,
`documents` reads records out of them, `matching` finds the cluster that owns the connection
string, and `survey` puts these together. Only `client` does I/O.

Facts about the API: the OpenAPI description of version 2 in github.com/mongodb/atlas-sdk-go.
"""
