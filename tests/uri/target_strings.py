"""Connection strings, whole and broken, and what each is refused for."""

from __future__ import annotations

# Refused here and taken by the driver's constructor, each with its reason.
STRICTER = {
    "mongodb://:27017": "no resolver finds an empty name",
    "  \n": "white space is no host",
    "mongodb://[]": "no resolver finds an empty name",
    "mongodb://[]:27017": "no resolver finds an empty name",
    "localhost": "a host is no connection string",
    "localhost:27017": "a host is no connection string",
    "a,b:27018": "a host is no connection string",
    "undefined": "a variable that was not set",
    "mongodb://ada:12/x@h": "a password with '/' that happens to begin with digits",
    "mongodb://ada:12?x=1@h": "a password with '?' that happens to begin with digits",
    "mongodb://ada:pw@h/x@y": "it could be a password with '@' and '/'",
    "mongodb://<user>:secret@h": "no user has this name",
    "mongodb://ada:<password>@h": "no user has this password",
    "mongodb://ada:<db_password>@h": "no user has this password",
    "mongodb://ada:%3Cpassword%3E@h": "no user has this password",
    "mongodb://ada:${DB_PASSWORD}@h": "no user has this password",
    "mongodb://ada:{{ password }}@h": "no user has this password",
    "mongodb://ada:undefined@h": "no user has this password",
    "mongodb://undefined": "nothing is called so",
    "mongodb://null:27017/db": "nothing is called so",
    "mongodb://<host>/": "nothing is called so",
    "mongodb+srv://ada:pw@<cluster-url>/": "nothing is called so",
    "mongodb+srv://ada:pw@cluster0.xxxxx.mongodb.net/": "nothing is called so",
    "mongodb://${HOST}": "nothing is called so",
    "mongodb://h/<dbname>": "nothing is called so",
    "mongodb://h/?replicaSet=<name>": "nothing is called so",
    "mongodb+srv://1.2.3.4/": "the driver raises at its first use, without asking the DNS",
    "mongodb+srv://[::1]/": "the driver raises at its first use, without asking the DNS",
    "mongodb+srv://a.b.c/?srvMaxHosts=1&replicaSet=x": "the driver raises at its first use",
    "mongodb+srv://a.b.c/?srvMaxHosts=1&loadBalanced=true": "the driver raises at its first use",
    "mongodb://h/db&tlsCertificateKeyFilePassword=x": "the '?' is missing before a secret",
}

VALID = """
mongodb://h
mongodb://h/
mongodb://h:27017
mongodb://h:1
mongodb://h:65535
mongodb://h:0000027017
mongodb://H.Example.COM
mongodb://h,b
mongodb://h,b:27018,c:1
mongodb://h,h
mongodb://127.0.0.1
mongodb://[::1]
mongodb://[::1]:27018
mongodb://[fe80::1%25eth0]:27017
mongodb://[::1]x
mongodb://%2Ftmp%2Fmongodb-27017.sock
mongodb://%2FTmp%2Fx.sock/db
mongodb://ada:pw@%2Ftmp%2Fx.sock,h:1/db
mongodb://h?tls=true
mongodb://h/?
mongodb://h?
mongodb://h/db
mongodb://h/db.collection
mongodb://h/.collection
mongodb://h/a%5Cb
mongodb://h/db?w=1
mongodb://ada:pw@h
mongodb://ada:pw@h/db
mongodb://ada:p%40ss@h
mongodb://ada:p%3Ass@h/?authSource=admin
mongodb://ada%40example.com:pw@h
mongodb://ada:p+w@h
mongodb://ada:p[w@h
mongodb://ada:p]w@h
mongodb://ada:p#w@h
mongodb://ada:p$w@h
mongodb://ada:p!w*@h
mongodb://ada:p%2525w@h
mongodb://ada:p\u00e4\u00df@h
mongodb://ada:<s3cret>@h
mongodb://h/?authMechanism=MONGODB-X509&tls=true
mongodb://CN%3Dada@h/?authMechanism=MONGODB-X509
mongodb://CN%3Dada@h/?authMechanism=MONGODB-X509&authSource=$external
mongodb://ada@h/?authMechanism=GSSAPI
mongodb://ada@h/?authMechanism=GSSAPI&authMechanismProperties=SERVICE_NAME:x
mongodb://ada@h/?authMechanism=GSSAPI&authMechanismProperties=CANONICALIZE_HOST_NAME:forward
mongodb://ada:pw@h/?authMechanism=PLAIN
mongodb://ada@h/?authMechanism=PLAIN
mongodb://ada:pw@h/db?authMechanism=PLAIN
mongodb://h/?authMechanism=MONGODB-AWS
mongodb://k:s@h/?authMechanism=MONGODB-AWS&authMechanismProperties=AWS_SESSION_TOKEN:t
mongodb://h/?authMechanism=MONGODB-OIDC&authMechanismProperties=ENVIRONMENT:test
mongodb://h/?authMechanism=MONGODB-OIDC&authMechanismProperties=ENVIRONMENT:k8s
mongodb://h/?authMechanism=MONGODB-OIDC&authMechanismProperties=ENVIRONMENT:gcp,TOKEN_RESOURCE:a
mongodb://ada:pw@h/?authMechanism=SCRAM-SHA-1
mongodb://ada:pw@h/?authMechanism=scram-sha-1
mongodb://ada:pw@h/?authMechanism=DEFAULT
mongodb://h/?tls=True
mongodb://h/?tls=1
mongodb://h/?TLS=true&RETRYWRITES=false
mongodb://h/?ssl=true
mongodb://h/?ssl=true&tls=true
mongodb://h/?ssl=no&tls=no
mongodb://h/?tlsInsecure=true
mongodb://h/?tls=false&tlsInsecure=true
mongodb://h/?tlsAllowInvalidCertificates=false
mongodb://h/?tlsAllowInvalidCertificates=true&tlsAllowInvalidHostnames=true
mongodb://h/?tlsCAFile=a%00b
mongodb://h/?ssl_cert_reqs=CERT_NONE
mongodb://h/?replicaSet=
mongodb://h/?replicaSet=rs0&directConnection=true
mongodb://h/?directConnection=true
mongodb://h,b/?directConnection=false
mongodb://h,b/?directConnection=True
mongodb://h/?loadBalanced=true
mongodb://h/?loadBalanced=true&replicaSet=
mongodb://h/?w=
mongodb://h/?w=majority
mongodb://h/?w=0
mongodb://h/?w=-1
mongodb://h/?w=0&journal=false
mongodb://h/?w=abc&journal=true
mongodb://h/?j=true&wtimeout=5
mongodb://h/?wTimeoutMS=1_000
mongodb://h/?connectTimeoutMS=0
mongodb://h/?connectTimeoutMS=1.5
mongodb://h/?connectTimeoutMS=-1
mongodb://h/?connectTimeoutMS=
mongodb://h/?connectTimeoutMS=1e9
mongodb://h/?socketTimeoutMS=nan
mongodb://h/?heartbeatFrequencyMS=500
mongodb://h/?heartbeatFrequencyMS=0
mongodb://h/?maxPoolSize=0
mongodb://h/?minPoolSize=0&maxPoolSize=0
mongodb://h/?maxPoolSize=5&minPoolSize=5
mongodb://h/?maxConnecting=0
mongodb://h/?readPreference=Secondary
mongodb://h/?readPreference=secondary&readPreferenceTags=dc:ny&readPreferenceTags=
mongodb://h/?readPreference=secondary&readPreferenceTags=oops
mongodb://h/?readPreferenceTags=
mongodb://h/?readPreferenceTags=oops
mongodb://h/?readPreference=nearest&maxStalenessSeconds=10
mongodb://h/?maxStalenessSeconds=-1
mongodb://h/?compressors=zlib,lz4
mongodb://h/?zlibCompressionLevel=10
mongodb://h/?appName=me@example.com
mongodb://h/?appName=a%20b
mongodb://h/?serverMonitoringMode=poll
mongodb://h/?uuidRepresentation=nonsense
mongodb://h/?datetime_conversion=9
mongodb://h/?datetime_conversion=DATETIME_MS
mongodb://h/?driver=x&server_api=1
mongodb://h/?proxyHost=p&proxyPort=1080
mongodb://h/?authMechanismProperties=FOO:bar
mongodb://h/?authMechanismProperties=AWS_SESSION_TOKEN
mongodb://h/?=x
mongodb://h/?w=1&w=2
mongodb://h/?w=1;journal=true
mongodb://h/?a=1 b=2
mongodb://h/?srvMaxHosts=0
mongodb://h/?srvMaxHosts=x
mongodb+srv://cluster0.ab1cd.mongodb.net
mongodb+srv://ada:pw@cluster0.ab1cd.mongodb.net/?retryWrites=true&w=majority
mongodb+srv://localhost
mongodb+srv://h.sock
mongodb+srv://a.b/?srvServiceName=x&srvMaxHosts=2
mongodb+srv://a.b.c/?tls=false
mongodb+srv://a.b.c/?loadBalanced=true
""".strip().splitlines()

# White space that the driver keeps: named here, since lines above would lose it.
VALID += [
    "mongodb://h\n",
    "mongodb://h ",
    "mongodb://h/\n",
    "mongodb://h/?w=1\n",
    "mongodb://h/db\t",
]
VALID += ["mongodb://h/?w=1&retryReads=true\n", "mongodb://\uff48:1", "mongodb://h:\uff11\uff12"]

REFUSALS = """
uri.invalid-scheme http://h
uri.invalid-scheme mongodb:/h
uri.invalid-scheme mongodb//h
uri.invalid-scheme MongoDB://h
uri.invalid-scheme mongodb+srv:/h
uri.invalid-scheme mongo://h
uri.invalid-scheme "mongodb://h"
uri.invalid-scheme 'mongodb+srv://a.b.c'
uri.invalid-scheme MONGODB_URI=mongodb://h
uri.invalid-scheme mysql://ada:pw@h/db
uri.missing-host mongodb://
uri.missing-host mongodb+srv://
uri.missing-host mongodb:///
uri.missing-host mongodb:///db
uri.missing-host mongodb:///tmp/mongodb-27017.sock
uri.missing-host mongodb://?w=1
uri.missing-host mongodb://ada:pw@
uri.missing-host mongodb://ada:pw@/db
uri.missing-host mongodb://h,
uri.missing-host mongodb://,h
uri.missing-host mongodb://h,,b
uri.missing-host mongodb+srv://a.b.c,
uri.invalid-port mongodb://h:
uri.invalid-port mongodb://h:0
uri.invalid-port mongodb://h:65536
uri.invalid-port mongodb://ada:pw@h:secret
uri.invalid-port mongodb://h:-1
uri.invalid-port mongodb://h:+1
uri.invalid-port mongodb://h:abc
uri.invalid-port mongodb://h:2701x
uri.invalid-port mongodb://h:27.017
uri.invalid-port mongodb://h:\u00b2
uri.invalid-port mongodb://[::1]:x
uri.invalid-port mongodb://ada:pw
uri.invalid-port mongodb+srv://a.b.c:x
uri.malformed mongodb://::1
uri.malformed mongodb://::1:27017
uri.malformed mongodb://h:1:2
uri.malformed mongodb://[::1
uri.malformed mongodb://%41
uri.malformed mongodb://a%2Cb
uri.malformed mongodb://h/a/b
uri.malformed mongodb://h/a%20b
uri.malformed mongodb://h/$external
uri.malformed mongodb://h/a"b
uri.malformed mongodb://h/?w
uri.malformed mongodb://h/?w=1&
uri.malformed mongodb://h/?&w=1
uri.malformed mongodb://h/?w=1&journal
uri.malformed mongodb://h/?w=1&tls=true;ssl=true
uri.malformed mongodb://h/?authMechanismProperties=a=b
uri.malformed mongodb://h/?appName=a==
uri.malformed mongodb://h/??w=1=
uri.unescaped-credentials mongodb://ada:p@ss@h
uri.unescaped-credentials mongodb://ada@example.com:pw@h
uri.unescaped-credentials mongodb://ada:p:ss@h
uri.unescaped-credentials mongodb://ada:p%ss@h
uri.unescaped-credentials mongodb://ada:100%@h
uri.unescaped-credentials mongodb://ada:p/ss@h
uri.unescaped-credentials mongodb://ada:p?ss@h
uri.unescaped-credentials mongodb://ada:p?s=s@h/db?tls=true
uri.unescaped-credentials mongodb+srv://ada:p/w@a.b.c/
uri.empty-credentials mongodb://@h
uri.empty-credentials mongodb://:pw@h
uri.empty-credentials mongodb://ada@h
uri.empty-credentials mongodb://ada:@h
uri.empty-credentials mongodb://ada%3Apw@h
uri.empty-credentials mongodb://h/?authMechanism=SCRAM-SHA-256
uri.empty-credentials mongodb://h/?authMechanism=DEFAULT
uri.empty-credentials mongodb://h/?authMechanism=PLAIN
uri.empty-credentials mongodb://h/?authMechanism=GSSAPI
uri.empty-credentials mongodb://k@h/?authMechanism=MONGODB-AWS
uri.placeholder-not-replaced mongodb://h:<port>
uri.placeholder-not-replaced mongodb://h:${PORT}
uri.placeholder-not-replaced mongodb://h:undefined
uri.placeholder-not-replaced mongodb://%s:%s@h
uri.placeholder-not-replaced mongodb://{host}:{port}
uri.placeholder-not-replaced ${MONGODB_URI}/
uri.invalid-option mongodb://h/?authSource=
uri.invalid-option mongodb://ada:pw@h/db?authSource=
uri.invalid-option mongodb://h/?heartbeatFrequencyMS=499
uri.invalid-option mongodb://h/?datetime_conversion=sometimes
uri.invalid-option mongodb://a@h/?authMechanism=GSSAPI&authMechanismProperties=CANONICALIZE_HOST_NAME:x
uri.file-not-found mongodb://h/?tlsCAFile=
uri.srv-with-port mongodb+srv://a.b.c:27017
uri.srv-with-port mongodb+srv://ada:pw@a.b.c:27017/db?w=1
uri.srv-multiple-hosts mongodb+srv://a.b.c,d.e.f
uri.srv-multiple-hosts mongodb+srv://a.b.c:1,d.e.f:2
uri.conflicting-options mongodb+srv://a.b.c/?directConnection=true
uri.conflicting-options mongodb://h,b/?directConnection=true
uri.conflicting-options mongodb://h,h/?directConnection=true
uri.conflicting-options mongodb://h,b/?loadBalanced=true
uri.conflicting-options mongodb://h/?loadBalanced=true&directConnection=true
uri.conflicting-options mongodb://h/?loadBalanced=true&replicaSet=rs0
uri.conflicting-options mongodb://h/?srvMaxHosts=1
uri.conflicting-options mongodb://h/?srvServiceName=
uri.conflicting-options mongodb://h/?srvAllowedHostsSuffix=x.y
uri.invalid-option mongodb+srv://a.b.c/?srvAllowedHostsSuffix=com
uri.invalid-option mongodb+srv://a.b.c/?srvAllowedHostsSuffix=.
uri.invalid-option mongodb+srv://a.b.c/?srvAllowedHostsSuffix=.Org.
uri.conflicting-options mongodb://h/?tlsInsecure=true&tlsAllowInvalidCertificates=true
uri.conflicting-options mongodb://h/?tlsInsecure=x&tlsAllowInvalidHostnames=y
uri.conflicting-options mongodb://h/?tlsInsecure=true&tlsDisableOCSPEndpointCheck=true
uri.conflicting-options mongodb://h/?tlsAllowInvalidCertificates=false&tlsDisableOCSPEndpointCheck=true
uri.conflicting-options mongodb://h/?ssl=true&tls=false
uri.conflicting-options mongodb://h/?ssl=true&tls=True
uri.conflicting-options mongodb://h/?tls=false&tlsInsecure=false
uri.conflicting-options mongodb://h/?tls=false&tlsAllowInvalidHostnames=false
uri.conflicting-options mongodb://h/?tls=false&tlsCertificateKeyFilePassword=x
uri.conflicting-options mongodb://h/?maxPoolSize=1&minPoolSize=2
uri.conflicting-options mongodb://h/?minPoolSize=101
uri.conflicting-options mongodb://h/?readPreferenceTags=dc:ny
uri.conflicting-options mongodb://h/?maxStalenessSeconds=120
uri.conflicting-options mongodb://h/?w=0&journal=true
uri.conflicting-options mongodb://h/?journal=true&fsync=true
uri.conflicting-options mongodb://ada:pw@h/?authMechanism=MONGODB-X509
uri.conflicting-options mongodb://ada@h/?authMechanism=MONGODB-X509&authSource=admin
uri.conflicting-options mongodb://ada@h/?authMechanism=GSSAPI&authSource=admin
uri.conflicting-options mongodb://k:s@h/?authMechanism=MONGODB-AWS&authSource=admin
uri.conflicting-options mongodb://h/?authMechanism=MONGODB-OIDC
uri.conflicting-options mongodb://h/?authMechanism=MONGODB-OIDC&authMechanismProperties=ENVIRONMENT:x
uri.conflicting-options mongodb://h/?authMechanism=MONGODB-OIDC&authMechanismProperties=ENVIRONMENT:gcp
uri.conflicting-options mongodb://a@h/?authMechanism=MONGODB-OIDC&authMechanismProperties=ENVIRONMENT:test
uri.conflicting-options mongodb://a:b@h/?authMechanism=MONGODB-OIDC
""".strip().splitlines()

ROWS = [(None, uri) for uri in VALID] + [tuple(row.split(" ", 1)) for row in REFUSALS]
ROWS += [("uri.invalid-port", "mongodb://h:27017\n"), ("uri.invalid-port", "mongodb://h:27017 ")]
ROWS += [("uri.invalid-scheme", " mongodb://h"), ("uri.invalid-scheme", "\ufeffmongodb://h")]
ROWS += [("uri.malformed", ""), ("uri.malformed", "mongodb://h/? ")]

# Refused by the newest PyMongo and taken by the oldest that is allowed: 4.15 decodes percent
# signs in host names, and leaves out an option that it does not know yet.
NEWER = {
    "mongodb://%41",
    "mongodb://a%2Cb",
    "mongodb://h/?srvAllowedHostsSuffix=x.y",
    "mongodb+srv://a.b.c/?srvAllowedHostsSuffix=com",
    "mongodb+srv://a.b.c/?srvAllowedHostsSuffix=.",
    "mongodb+srv://a.b.c/?srvAllowedHostsSuffix=.Org.",
}
