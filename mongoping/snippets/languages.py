"""The dialect of each snippet language. Pure data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping.snippets import quoting
from mongoping.snippets.dialect import Dialect, Import, Option
from mongoping.snippets.record import PLACEHOLDER, VARIABLE

if TYPE_CHECKING:
    from collections.abc import Mapping

_FROM = r"(from|import) (motor|pymongo|fastapi|tornado)\b"
_STANDARD = r"import (asyncio|os|sys)$|from (contextlib|pathlib) "
_JAVA = r"import (com|org|java)\."
_GO = r'\t"[a-z]+"$'

DIALECTS: Mapping[str, Dialect] = {
    "Python": Dialect(
        fallback=f'os.environ.get("{VARIABLE}", "{PLACEHOLDER}")',
        environment=f'os.environ["{VARIABLE}"]',
        quote=quoting.python,
        anchor=r"\b(?:AsyncMongoClient|MongoClient|AsyncIOMotorClient|MotorClient)(?=\()",
        shape="arguments",
        api=Option("server_api", 'ServerApi("1"{})'),
        strict=", strict=True",
        errors=", deprecation_errors=True",
        timeout=Option("serverSelectionTimeoutMS"),
        texts=(
            ("app_name", Option("appname")),
            ("ca_file", Option("tlsCAFile")),
            ("certificate_key_file", Option("tlsCertificateKeyFile")),
            ("auth_source", Option("authSource")),
        ),
        imports=(
            Import(r"\bos\.", "import os", _STANDARD),
            Import(r"\bServerApi\(", "from pymongo.server_api import ServerApi", _FROM),
        ),
    ),
    "Node.js": Dialect(
        fallback=f'process.env.{VARIABLE} ?? "{PLACEHOLDER}"',
        environment=f"process.env.{VARIABLE}",
        quote=quoting.javascript,
        anchor=r"new MongoClient(?=\()",
        shape="object",
        api=Option("serverApi", '{ version: "1"{} }'),
        strict=", strict: true",
        errors=", deprecationErrors: true",
        timeout=Option("serverSelectionTimeoutMS"),
        texts=(
            ("app_name", Option("appName")),
            ("ca_file", Option("tlsCAFile")),
            ("certificate_key_file", Option("tlsCertificateKeyFile")),
            ("auth_source", Option("authSource")),
        ),
        separator=": ",
        indent="  ",
    ),
    "mongosh": Dialect(
        fallback=f'process.env.{VARIABLE} ?? "{PLACEHOLDER}"',
        environment=f"process.env.{VARIABLE}",
        quote=quoting.javascript,
        anchor=r"new Mongo(?=\()",
        shape="object",
        api=Option("api", '{ version: "1"{} }'),
        strict=", strict: true",
        errors=", deprecationErrors: true",
        separator=": ",
        indent="  ",
    ),
    "Java": Dialect(
        fallback=f'System.getenv().getOrDefault("{VARIABLE}", "{PLACEHOLDER}")',
        environment=f'System.getenv("{VARIABLE}")',
        quote=quoting.java,
        anchor=r"\.applyConnectionString\(",
        shape="lines",
        api=Option(
            r"\.serverApi\(",
            ".serverApi(ServerApi.builder().version(ServerApiVersion.V1){}.build())",
        ),
        strict=".strict(true)",
        errors=".deprecationErrors(true)",
        timeout=Option(
            r"\.applyToClusterSettings\(",
            ".applyToClusterSettings(cluster -> "
            "cluster.serverSelectionTimeout({}, TimeUnit.MILLISECONDS))",
        ),
        texts=(("app_name", Option(r"\.applicationName\(", ".applicationName({})")),),
        imports=(
            Import(r"\bServerApi\.", "import com.mongodb.ServerApi;", _JAVA),
            Import(r"\bServerApiVersion\.", "import com.mongodb.ServerApiVersion;", _JAVA),
            Import(r"\bTimeUnit\.", "import java.util.concurrent.TimeUnit;", _JAVA),
        ),
    ),
    "Go": Dialect(
        fallback=f'cmp.Or(os.Getenv("{VARIABLE}"), "{PLACEHOLDER}")',
        environment=f'os.Getenv("{VARIABLE}")',
        quote=quoting.go,
        anchor=r"\.ApplyURI\(uri\)$",
        shape="lines",
        api=Option(
            r"settings\.SetServerAPIOptions",
            "settings.SetServerAPIOptions(options.ServerAPI(options.ServerAPIVersion1){})",
        ),
        strict=".SetStrict(true)",
        errors=".SetDeprecationErrors(true)",
        timeout=Option(
            r"settings\.SetServerSelectionTimeout",
            "settings.SetServerSelectionTimeout({} * time.Millisecond)",
        ),
        texts=(("app_name", Option(r"settings\.SetAppName", "settings.SetAppName({})")),),
        imports=(
            Import(r"\bcmp\.", '\t"cmp"', _GO),
            Import(r"\bos\.", '\t"os"', _GO),
            Import(r"\btime\.", '\t"time"', _GO),
        ),
    ),
    "C#": Dialect(
        fallback=f'Environment.GetEnvironmentVariable("{VARIABLE}") ?? "{PLACEHOLDER}"',
        environment=f'Environment.GetEnvironmentVariable("{VARIABLE}")',
        quote=quoting.csharp,
        anchor=r"\.FromConnectionString\(uri\);$",
        shape="lines",
        api=Option(
            r"settings\.ServerApi ", "settings.ServerApi = new ServerApi(ServerApiVersion.V1{});"
        ),
        strict=", strict: true",
        errors=", deprecationErrors: true",
        timeout=Option(
            r"settings\.ServerSelectionTimeout ",
            "settings.ServerSelectionTimeout = TimeSpan.FromMilliseconds({});",
        ),
        texts=(("app_name", Option(r"settings\.App", "settings.ApplicationName = {};")),),
    ),
    "PHP": Dialect(
        fallback=f'getenv("{VARIABLE}") ?: "{PLACEHOLDER}"',
        environment=f'getenv("{VARIABLE}")',
        quote=quoting.php,
        anchor=r"new Client(?=\()",
        shape="arrays",
        api=Option("serverApi", 'new ServerApi("1"{})'),
        strict=", strict: true",
        errors=", deprecationErrors: true",
        timeout=Option("serverSelectionTimeoutMS"),
        texts=(
            ("app_name", Option("appName")),
            ("ca_file", Option("tlsCAFile")),
            ("certificate_key_file", Option("tlsCertificateKeyFile")),
            ("auth_source", Option("authSource")),
        ),
        imports=(Import(r"\bnew ServerApi\(", r"use MongoDB\Driver\ServerApi;", r"use MongoDB"),),
        separator=" => ",
    ),
    "Ruby": Dialect(
        fallback=f'ENV.fetch("{VARIABLE}", "{PLACEHOLDER}")',
        environment=f'ENV.fetch("{VARIABLE}")',
        quote=quoting.ruby,
        anchor=r"Mongo::Client\.new(?=\()",
        shape="arguments",
        api=Option("server_api", '{ version: "1"{} }'),
        strict=", strict: true",
        errors=", deprecation_errors: true",
        timeout=Option("server_selection_timeout"),
        seconds=True,
        texts=(
            ("app_name", Option("app_name")),
            ("ca_file", Option("ssl_ca_cert")),
            ("certificate_key_file", Option("ssl_cert")),
            ("certificate_key_file", Option("ssl_key")),
            ("auth_source", Option("auth_source")),
        ),
        separator=": ",
        indent="  ",
    ),
    "Rust": Dialect(
        fallback=f'std::env::var("{VARIABLE}").unwrap_or("{PLACEHOLDER}".to_string())',
        environment=f'std::env::var("{VARIABLE}").expect("{VARIABLE} is not set")',
        quote=quoting.rust,
        literal="{}.to_string()",
        anchor=r"ClientOptions::parse\(",
        shape="lines",
        api=Option(
            r"options\.server_api ",
            "options.server_api = "
            "Some(ServerApi::builder().version(ServerApiVersion::V1){}.build());",
        ),
        strict=".strict(true)",
        errors=".deprecation_errors(true)",
        timeout=Option(
            r"options\.server_selection_timeout ",
            "options.server_selection_timeout = Some(Duration::from_millis({}));",
        ),
        texts=(("app_name", Option(r"options\.app_name ", "options.app_name = Some({}.into());")),),
        imports=(
            Import(
                r"\bServerApi::builder",
                "use mongodb::options::{ServerApi, ServerApiVersion};",
                r"use mongodb::options::",
            ),
            Import(r"\bDuration::", "use std::time::Duration;", r"use "),
        ),
    ),
}
