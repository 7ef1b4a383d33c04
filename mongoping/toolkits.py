"""Replace remedies for one language by those of the client that wrote the text. Pure."""

from __future__ import annotations

import re

from mongoping.lazy_re import lazy_compile
from mongoping.model import Remedy

PYTHON = ("pymongo", "motor")
NODE = ("node", "mongoose", "mongosh", "compass")

UPGRADE: dict[str, Remedy] = {
    "pymongo": Remedy("Upgrade the driver:", command="python -m pip install --upgrade pymongo"),
    "motor": Remedy("Upgrade both:", command="python -m pip install --upgrade motor pymongo"),
    "node": Remedy("Upgrade the driver:", command="npm install mongodb@latest"),
    "mongoose": Remedy("Upgrade mongoose:", command="npm install mongoose@latest"),
    "mongosh": Remedy("Install the current mongosh."),
    "compass": Remedy("Install the current Compass."),
    "tools": Remedy("Install the current MongoDB Database Tools."),
    "java": Remedy("Raise the version of org.mongodb:mongodb-driver-sync in pom.xml (Maven) or "
                   "build.gradle (Gradle)."),
    "go": Remedy("Upgrade the driver:", command="go get go.mongodb.org/mongo-driver/v2@latest"),
    "csharp": Remedy("Upgrade the NuGet package:", command="dotnet add package MongoDB.Driver"),
    "ruby": Remedy("Upgrade the gem:", command="bundle update mongo"),
    "php": Remedy("Upgrade the library, and the extension with pecl:",
                  command="composer update mongodb/mongodb"),
    "rust": Remedy("Upgrade the crate:", command="cargo add mongodb@3 && cargo update -p mongodb"),
    "c": Remedy("Install a current libmongoc."),
    "dart": Remedy("Upgrade the package:", command="dart pub upgrade --major-versions mongo_dart"),
    "elixir": Remedy("Upgrade the package:", command="mix deps.update mongodb_driver"),
    "reactivemongo": Remedy("Raise the version of org.reactivemongo:reactivemongo in build.sbt."),
}  # fmt: skip

INSTALL: dict[str, dict[str, Remedy]] = {
    "auth.dependency-missing": {
        "java": Remedy("Add software.amazon.awssdk:auth and software.amazon.awssdk:sts to pom.xml "
                       "(Maven) or build.gradle (Gradle)."),
        "go": Remedy("Build the program with Kerberos support:", command="go build -tags gssapi"),
        "tools": Remedy("Install the MongoDB Database Tools from MongoDB's download page, which "
                        "support Kerberos on Linux and Windows."),
        "csharp": Remedy("Install the NuGet package of the mechanism:",
                         command="dotnet add package MongoDB.Driver.Authentication.AWS"),
        "ruby": Remedy("Install the gem for Kerberos:", command="bundle add mongo_kerberos"),
        "php": Remedy("Install an extension that was built with SASL. Check this one:",
                      command="php --ri mongodb"),
        "rust": Remedy("Enable the feature of the mechanism, aws-auth or gssapi-auth:",
                       command="cargo add mongodb --features aws-auth"),
        "c": Remedy("Install a libmongoc that was built with ENABLE_SASL."),
    },
    "client.compressor-missing": {
        "java": Remedy("Add org.xerial.snappy:snappy-java or com.github.luben:zstd-jni to pom.xml "
                       "(Maven) or build.gradle (Gradle)."),
        "ruby": Remedy("Install the gems:", command="bundle add snappy zstd-ruby"),
        "php": Remedy("Install an extension with the compressor. Check this one:",
                      command="php --ri mongodb"),
        "rust": Remedy("Enable the feature of the compressor:",
                       command="cargo add mongodb --features snappy-compression"),
        "c": Remedy("Install a libmongoc that was built with the compressor."),
    },
    "client.module-missing": {
        "go": Remedy("Build the program with the tag that the message names:",
                     command="go build -tags cse"),
        "ruby": Remedy("Add the gem that the message names to the Gemfile, and install it:",
                       command="bundle install"),
        "php": Remedy("Install an extension with this feature. Check this one:",
                      command="php --ri mongodb"),
        "rust": Remedy("Enable the feature of the driver:",
                       command="cargo add mongodb --features dns-resolver"),
        "c": Remedy("Install a libmongoc that was built with the option that the message names."),
    },
    "client.modules-mismatched": {
        "pymongo": Remedy("Djongo 1.3 needs PyMongo 3. List the versions in use:",
                          command="python -m pip list"),
        "motor": Remedy("Beanie 2 needs PyMongo's AsyncMongoClient instead of Motor's client; "
                        "Beanie 1 needs Motor. List the versions in use:",
                        command="python -m pip list"),
        "java": Remedy("List the packages in use and their versions (Gradle: gradle dependencies):",
                       command="mvn dependency:tree -Dincludes=org.mongodb"),
        "csharp": Remedy("List the packages in use and their versions:",
                         command="dotnet list package --include-transitive"),
        "node": Remedy("List the copies in use and their versions:",
                       command="npm ls mongodb bson"),
        "mongoose": Remedy("List the copies in use and their versions:",
                           command="npm ls mongoose mongodb bson"),
    },
    "client.fork-unsafe": {
        "ruby": Remedy("Reconnect the client after the fork, in on_worker_boot of Puma or "
                       "after_fork of Unicorn; with Mongoid:",
                       command="Mongoid::Clients.clients.each_value(&:reconnect)"),
    },
    "client.python-ssl-missing": {
        "php": Remedy("Install an extension that was built with TLS. Check this one:",
                      command="php --ri mongodb"),
        "ruby": Remedy("Install OpenSSL's headers (libssl-dev, openssl-devel), build Ruby again, "
                       "and check it:", command="ruby -ropenssl -e 'puts OpenSSL::VERSION'"),
        "rust": Remedy("Enable a feature for TLS:",
                       command="cargo add mongodb --features rustls-tls"),
        "c": Remedy("Install a libmongoc that was built with TLS (ENABLE_SSL=OPENSSL)."),
    },
}  # fmt: skip

# what a text says is missing, and how to install it
MISSING: tuple[tuple[str, Remedy], ...] = (
    (r"No module named \W?motor\b",
     Remedy("Install Motor:", command="python -m pip install motor")),
    (r"No module named \W?pymongo\b",
     Remedy("Install the driver:", command="python -m pip install pymongo")),
    (r"ext-mongodb|\b(?:php_)?mongodb\.(?:so|dll)|MongoDB\\{1,2}Driver\\",
     Remedy("Install the extension, and enable it (extension=mongodb) in the php.ini that the "
            "program uses:", command="pecl install mongodb")),
    (r"MongoDB\\Client",
     Remedy("Install the library, and load vendor/autoload.php in the program:",
            command="composer require mongodb/mongodb")),
    (r"Class \W?Mongo(?:Client|Id)\W? not found|undefined function MongoDB",
     Remedy("Install the current extension and library, because PHP 7 dropped the old extension "
            "(mongo):", command="pecl install mongodb && composer require mongodb/mongodb")),
    (r"libmongoc|-lmongoc|\bmongoc/|mongoc\.h|mongocxx|bsoncxx",
     Remedy("Install the library with its headers:", command="apt-get install libmongoc-dev")),
    (r"(?:-- |constant (?:Object::)?)[Mm]ongoid\b",
     Remedy("Install the gem:", command="bundle add mongoid")),
    (r"-- (?:mongo|bson)\b|constant (?:Object::)?Mongo\b",
     Remedy("Install the gem:", command="bundle add mongo")),
    (r"\bcse build tag",
     Remedy("Build the program with client-side encryption:", command="go build -tags cse")),
    (r"go\.mongodb\.org/mongo-driver/v2",
     Remedy("Add the driver:", command="go get go.mongodb.org/mongo-driver/v2/mongo")),
    (r"go\.mongodb\.org/mongo-driver",
     Remedy("Add the driver:", command="go get go.mongodb.org/mongo-driver/mongo")),
    (r"\bcrate\b[^\n]{0,20}`mongodb`", Remedy("Add the driver:", command="cargo add mongodb")),
    (r"\bpackage\b[^\n]{0,20}mongo_dart",
     Remedy("Add the driver:", command="dart pub add mongo_dart")),
    (r"module Mongo is not available",
     Remedy("Add :mongodb_driver to the dependencies in mix.exs, and fetch it:",
            command="mix deps.get")),
)  # fmt: skip

PYTHON_DOCS = "https://www.mongodb.com/docs/languages/python/"
DOCS = {
    "node": "https://www.mongodb.com/docs/drivers/node/current/",
    "mongoose": "https://mongoosejs.com/docs/connections.html",
    "mongosh": "https://www.mongodb.com/docs/mongodb-shell/",
    "compass": "https://www.mongodb.com/docs/compass/current/",
    "tools": "https://www.mongodb.com/docs/database-tools/",
    "java": "https://www.mongodb.com/docs/drivers/java/sync/current/",
    "go": "https://www.mongodb.com/docs/drivers/go/current/",
    "csharp": "https://www.mongodb.com/docs/drivers/csharp/current/",
    "php": "https://www.mongodb.com/docs/php-library/current/",
    "ruby": "https://www.mongodb.com/docs/ruby-driver/current/",
    "rust": "https://www.mongodb.com/docs/drivers/rust/current/",
    "c": "https://www.mongodb.com/docs/languages/c/c-driver/current/",
    "dart": "https://pub.dev/packages/mongo_dart",
    "elixir": "https://hexdocs.pm/mongodb_driver/",
    "reactivemongo": "http://reactivemongo.org/",
}

# remedies that only help one language
_OF_PYTHON = lazy_compile(
    r"\bpip\b|\bimport (?:pymongo|bson|dns|ssl|sys)\b|-m certifi"
    r"|\b(?:a|this|the program's) (?:newer )?Python\b|\bUse the Python of\b|\bbuild Python\b"
    r"|\bpython -c\b|\bPyMongo\b|\bGunicorn\b|\bmultiprocessing\b"
)
_FEATURE = lazy_compile(r"\b([a-z0-9]{2,20}+(?:-[a-z0-9]{2,20}+){1,3}+)\W? feature\b")
_OF_NODE = lazy_compile(r"\bnpm\b|\bNode(?:\.js)?\b")
_UPGRADES = lazy_compile(r"\bpip install --upgrade\b")
_INSTALLS = lazy_compile(r"\b(?:pip|npm) install\b|python -m pip install\b")
_SENTENCE = lazy_compile(r"(?<=\.) (?=[A-Z])")
_MODULE = lazy_compile(
    r"(?:Optional module|Cannot find (?:module|package)|Could not load) "
    r"\W?(@?[a-z][a-z0-9./-]{0,60}[a-z0-9])\W"
)


def for_client(
    remedies: tuple[Remedy, ...], who: str | None, code: str, text: str
) -> tuple[Remedy, ...]:
    """Return the remedies in terms of the client ``who``; unchanged if it is unknown."""
    if who is None or who == "mongod":
        own = _installation("", code, text)
        return remedies if own is None else (own, *remedies)
    remedies_for_client = list[Remedy]()
    for remedy in remedies:
        own = _own(remedy, who, text)
        if own is not None:
            remedies_for_client.append(own)
            continue
        if _fits(str(remedy), who):
            remedies_for_client.append(remedy)
            continue
        other = _replacement(str(remedy), who, code, text)
        if other is not None and other not in remedies_for_client:
            remedies_for_client.append(other)
    own = _installation(who, code, text)
    if own is not None and own not in remedies_for_client:
        remedies_for_client.insert(0, own)
    return tuple(remedies_for_client) or remedies


def links_for_client(links: tuple[str, ...], who: str | None) -> tuple[str, ...]:
    """Return the links, with the client's own documentation in place of PyMongo's."""
    own = DOCS.get(who or "")
    if own is None:
        return links
    return tuple(dict.fromkeys(own if link.startswith(PYTHON_DOCS) else link for link in links))


def explanation_for_client(explanation: str, who: str | None) -> str:
    """Return the explanation without sentences about PyMongo, if another client wrote the text."""
    if who not in DOCS or "PyMongo" not in explanation:
        return explanation
    sentences = [part for part in _SENTENCE.split(explanation) if "PyMongo" not in part]
    return " ".join(sentences) or explanation


def _installation(who: str, code: str, text: str) -> Remedy | None:
    """Return how this client gets what the cause says is missing; None for other causes."""
    own = INSTALL.get(code, {}).get(who)
    if code == "client.module-missing":
        remedies = (remedy for pattern, remedy in MISSING if re.search(pattern, text))
        own = next(remedies, own)
    feature = _FEATURE.search(text) if who == "rust" else None
    if own is None or feature is None:
        return own
    return own.replace(command=f"cargo add mongodb --features {feature[1]}")


def _own(remedy: Remedy, who: str, text: str) -> Remedy | None:
    """Return a general remedy with this client's own command; None for any other remedy."""
    if remedy.text == "Upgrade the driver.":
        return UPGRADE.get(who)
    if remedy.text.startswith("Install the module that the message names") and who in NODE:
        module = _MODULE.search(text)
        return module and Remedy("Install the module:", command=f"npm install {module[1]}")
    return None


def _fits(remedy: str, who: str) -> bool:
    """Return whether a remedy is not for the language of another client."""
    if _OF_PYTHON.search(remedy):
        return who in PYTHON
    return who in NODE or not _OF_NODE.search(remedy)


def _replacement(remedy: str, who: str, code: str, text: str) -> Remedy | None:
    """Return what helps this client in place of a remedy for another one; None for nothing."""
    if _UPGRADES.search(remedy):
        return UPGRADE.get(who)
    if not _INSTALLS.search(remedy):
        return None
    module = _MODULE.search(text) if who in NODE else None
    if module:
        return Remedy("Install the module:", command=f"npm install {module[1]}")
    if who in NODE and code == "auth.dependency-missing":
        return Remedy(
            "Install the module of the mechanism:",
            command="npm install kerberos @aws-sdk/credential-providers",
        )
    return _installation(who, code, text)
