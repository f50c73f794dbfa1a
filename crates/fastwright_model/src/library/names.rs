//! Names of libraries: where a name that is exported under several really lives, and what derives from what.

/// What the class of apps is called, under every name that [`canonical`] takes for it: by these it is known whether
/// a file can make an app.
pub(crate) const APP_NAMES: &[&str] = &["FastAPI", "FastAPIOffline"];

/// The defining name of something that a library exports elsewhere too (FastAPI 0.165, Starlette 1.0,
/// Pydantic 2, SQLAlchemy 2).
pub(super) fn canonical(name: &str) -> Option<&'static str> {
    if let Some(rest) = name.strip_prefix("fastapi.")
        && let Some(found) = fastapi(rest)
    {
        return Some(found);
    }
    Some(match name {
        "starlette.requests.HTTPConnection" | "fastapi.requests.HTTPConnection" => {
            "starlette.requests.HTTPConnection"
        }
        "starlette.exceptions.HTTPException" => "starlette.exceptions.HTTPException",
        // Routers and apps that differ in what their documents say only.
        "fastapi_utils.inferring_router.InferringRouter"
        | "fastapi_restful.inferring_router.InferringRouter"
        // Its routes are served under several versions by an app that is not followed.
        | "cadwyn.VersionedAPIRouter"
        | "cadwyn.routing.VersionedAPIRouter" => "fastapi.routing.APIRouter",
        "strawberry.fastapi.GraphQLRouter" => "strawberry.fastapi.router.GraphQLRouter",
        "fastapi_offline.FastAPIOffline" => "fastapi.applications.FastAPI",
        "pydantic.BaseModel" => "pydantic.main.BaseModel",
        "pydantic.create_model" => "pydantic.main.create_model",
        "pydantic.Field" => "pydantic.fields.Field",
        "pydantic.FieldInfo" => "pydantic.fields.FieldInfo",
        "pydantic.PrivateAttr" => "pydantic.fields.PrivateAttr",
        "pydantic.computed_field" => "pydantic.fields.computed_field",
        "pydantic.RootModel" => "pydantic.root_model.RootModel",
        "pydantic.ConfigDict" => "pydantic.config.ConfigDict",
        "pydantic.field_validator" => "pydantic.functional_validators.field_validator",
        "pydantic.model_validator" => "pydantic.functional_validators.model_validator",
        "pydantic.field_serializer" => "pydantic.functional_serializers.field_serializer",
        "pydantic.model_serializer" => "pydantic.functional_serializers.model_serializer",
        "pydantic.SecretStr" => "pydantic.types.SecretStr",
        "pydantic.SecretBytes" => "pydantic.types.SecretBytes",
        "pydantic.EmailStr" => "pydantic.networks.EmailStr",
        "pydantic.HttpUrl" => "pydantic.networks.HttpUrl",
        "pydantic.AnyUrl" => "pydantic.networks.AnyUrl",
        "pydantic.AnyHttpUrl" => "pydantic.networks.AnyHttpUrl",
        "pydantic_settings.SettingsConfigDict" => "pydantic_settings.main.SettingsConfigDict",
        "pydantic_settings.BaseSettings" => "pydantic_settings.main.BaseSettings",
        "pydantic.BaseSettings" => "pydantic_settings.main.BaseSettings",
        "sqlmodel.SQLModel" => "sqlmodel.main.SQLModel",
        "sqlmodel.Field" => "sqlmodel.main.Field",
        "sqlmodel.Relationship" => "sqlmodel.main.Relationship",
        "sqlmodel.Session" | "sqlmodel.orm.session.Session" => "sqlalchemy.orm.Session",
        "sqlmodel.select" => "sqlalchemy.select",
        "sqlmodel.create_engine" => "sqlalchemy.create_engine",
        "sqlmodel.ext.asyncio.session.AsyncSession" => "sqlalchemy.ext.asyncio.AsyncSession",
        "sqlalchemy.orm.session.Session" => "sqlalchemy.orm.Session",
        "sqlalchemy.orm.session.sessionmaker" => "sqlalchemy.orm.sessionmaker",
        "sqlalchemy.orm.scoping.scoped_session" => "sqlalchemy.orm.scoped_session",
        "sqlalchemy.ext.asyncio.session.AsyncSession" => "sqlalchemy.ext.asyncio.AsyncSession",
        "sqlalchemy.ext.asyncio.session.async_sessionmaker" => "sqlalchemy.ext.asyncio.async_sessionmaker",
        "sqlalchemy.ext.asyncio.engine.create_async_engine" => "sqlalchemy.ext.asyncio.create_async_engine",
        "sqlalchemy.engine.create_engine" => "sqlalchemy.create_engine",
        "sqlalchemy.future.select" | "sqlalchemy.sql.select" | "sqlalchemy.sql.expression.select" => {
            "sqlalchemy.select"
        }
        "sqlalchemy.sql.text" | "sqlalchemy.sql.expression.text" => "sqlalchemy.text",
        "sqlalchemy.sql.insert"
        | "sqlalchemy.sql.expression.insert"
        | "sqlalchemy.dialects.postgresql.insert"
        | "sqlalchemy.dialects.sqlite.insert"
        | "sqlalchemy.dialects.mysql.insert" => "sqlalchemy.insert",
        "sqlalchemy.sql.update" | "sqlalchemy.sql.expression.update" => "sqlalchemy.update",
        "sqlalchemy.sql.delete" | "sqlalchemy.sql.expression.delete" => "sqlalchemy.delete",
        "sqlalchemy.ext.declarative.declarative_base" => "sqlalchemy.orm.declarative_base",
        "sqlalchemy.orm.decl_api.DeclarativeBase" => "sqlalchemy.orm.DeclarativeBase",
        "sqlalchemy.orm.relationships.relationship" => "sqlalchemy.orm.relationship",
        "sqlalchemy.schema.ForeignKey" => "sqlalchemy.ForeignKey",
        "sqlalchemy.schema.Column" => "sqlalchemy.Column",
        "jose.jwt.decode" | "jwt.api_jwt.decode" => "jwt.decode",
        "jose.jwt.encode" | "jwt.api_jwt.encode" => "jwt.encode",
        _ => return None,
    })
}

fn fastapi(rest: &str) -> Option<&'static str> {
    Some(match rest {
        "FastAPI" => "fastapi.applications.FastAPI",
        "APIRouter" => "fastapi.routing.APIRouter",
        "Depends" | "param_functions.Depends" | "params.Depends" => "fastapi.Depends",
        "Security" | "param_functions.Security" | "params.Security" => "fastapi.Security",
        "Query" | "param_functions.Query" | "params.Query" => "fastapi.Query",
        "Path" | "param_functions.Path" | "params.Path" => "fastapi.Path",
        "Header" | "param_functions.Header" | "params.Header" => "fastapi.Header",
        "Cookie" | "param_functions.Cookie" | "params.Cookie" => "fastapi.Cookie",
        "Body" | "param_functions.Body" | "params.Body" => "fastapi.Body",
        "Form" | "param_functions.Form" | "params.Form" => "fastapi.Form",
        "File" | "param_functions.File" | "params.File" => "fastapi.File",
        "HTTPException" => "fastapi.exceptions.HTTPException",
        "WebSocketException" => "fastapi.exceptions.WebSocketException",
        "Request" | "requests.Request" => "starlette.requests.Request",
        "Response" | "responses.Response" => "starlette.responses.Response",
        "WebSocket" | "websockets.WebSocket" => "starlette.websockets.WebSocket",
        "WebSocketDisconnect" | "websockets.WebSocketDisconnect" => {
            "starlette.websockets.WebSocketDisconnect"
        }
        "BackgroundTasks" | "background.BackgroundTasks" => "fastapi.BackgroundTasks",
        "UploadFile" | "datastructures.UploadFile" => "fastapi.UploadFile",
        "status" => "starlette.status",
        "responses.JSONResponse" => "starlette.responses.JSONResponse",
        "responses.HTMLResponse" => "starlette.responses.HTMLResponse",
        "responses.PlainTextResponse" => "starlette.responses.PlainTextResponse",
        "responses.RedirectResponse" => "starlette.responses.RedirectResponse",
        "responses.StreamingResponse" => "starlette.responses.StreamingResponse",
        "responses.EventSourceResponse" => "fastapi.sse.EventSourceResponse",
        "responses.FileResponse" => "starlette.responses.FileResponse",
        "middleware.Middleware" => "starlette.middleware.Middleware",
        "middleware.cors" => "starlette.middleware.cors",
        "middleware.cors.CORSMiddleware" => "starlette.middleware.cors.CORSMiddleware",
        "middleware.gzip.GZipMiddleware" => "starlette.middleware.gzip.GZipMiddleware",
        "middleware.trustedhost.TrustedHostMiddleware" => {
            "starlette.middleware.trustedhost.TrustedHostMiddleware"
        }
        "middleware.httpsredirect.HTTPSRedirectMiddleware" => {
            "starlette.middleware.httpsredirect.HTTPSRedirectMiddleware"
        }
        "middleware.wsgi.WSGIMiddleware" => "starlette.middleware.wsgi.WSGIMiddleware",
        "staticfiles.StaticFiles" => "starlette.staticfiles.StaticFiles",
        "templating.Jinja2Templates" => "starlette.templating.Jinja2Templates",
        "testclient.TestClient" => "starlette.testclient.TestClient",
        "concurrency.run_in_threadpool" => "starlette.concurrency.run_in_threadpool",
        "routing.Mount" => "starlette.routing.Mount",
        "routing.APIWebSocketRoute" => "fastapi.routing.APIWebSocketRoute",
        "security.OAuth2PasswordBearer" => "fastapi.security.oauth2.OAuth2PasswordBearer",
        "security.OAuth2AuthorizationCodeBearer" => "fastapi.security.oauth2.OAuth2AuthorizationCodeBearer",
        "security.OAuth2PasswordRequestForm" => "fastapi.security.oauth2.OAuth2PasswordRequestForm",
        "security.OAuth2PasswordRequestFormStrict" => {
            "fastapi.security.oauth2.OAuth2PasswordRequestFormStrict"
        }
        "security.OAuth2" => "fastapi.security.oauth2.OAuth2",
        "security.SecurityScopes" => "fastapi.security.oauth2.SecurityScopes",
        "security.base.SecurityBase" => "fastapi.security.base.SecurityBase",
        "security.HTTPBearer" => "fastapi.security.http.HTTPBearer",
        "security.HTTPBasic" => "fastapi.security.http.HTTPBasic",
        "security.HTTPDigest" => "fastapi.security.http.HTTPDigest",
        "security.HTTPBasicCredentials" => "fastapi.security.http.HTTPBasicCredentials",
        "security.HTTPAuthorizationCredentials" => "fastapi.security.http.HTTPAuthorizationCredentials",
        "security.APIKeyHeader" | "security.api_key.APIKeyHeader" => "fastapi.security.api_key.APIKeyHeader",
        "security.APIKeyQuery" => "fastapi.security.api_key.APIKeyQuery",
        "security.APIKeyCookie" => "fastapi.security.api_key.APIKeyCookie",
        "security.OpenIdConnect" => "fastapi.security.open_id_connect_url.OpenIdConnect",
        _ => return None,
    })
}

/// Bases of a library's class, nearest first.
pub(super) fn bases(name: &str) -> &'static [&'static str] {
    match name {
        "fastapi.applications.FastAPI" => &["starlette.applications.Starlette"],
        "fastapi.routing.APIRouter" => &["starlette.routing.Router"],
        "strawberry.fastapi.router.GraphQLRouter" => &["fastapi.routing.APIRouter"],
        "fastapi.routing.APIRoute" => &["starlette.routing.Route"],
        "fastapi.routing.APIWebSocketRoute" => &["starlette.routing.WebSocketRoute"],
        "starlette.routing.Route"
        | "starlette.routing.WebSocketRoute"
        | "starlette.routing.Mount"
        | "starlette.routing.Host"
        | "fastapi.routing._IncludedRouter"
        | "fastapi.routing._FrontendRouteGroup" => &["starlette.routing.BaseRoute"],
        "starlette.routing.BaseRoute" => &["builtins.object"],
        "fastapi.exceptions.HTTPException" => &["starlette.exceptions.HTTPException"],
        "starlette.exceptions.HTTPException" => &["builtins.Exception"],
        "fastapi.exceptions.WebSocketException" => &["starlette.exceptions.WebSocketException"],
        "starlette.exceptions.WebSocketException" => &["builtins.Exception"],
        "fastapi.exceptions.RequestValidationError" => &["fastapi.exceptions.ValidationException"],
        "fastapi.exceptions.ValidationException" => &["builtins.Exception"],
        "pydantic_core.ValidationError" | "pydantic.ValidationError" => &["builtins.ValueError"],
        "starlette.requests.Request" | "starlette.websockets.WebSocket" => {
            &["starlette.requests.HTTPConnection"]
        }
        "starlette.responses.JSONResponse"
        | "starlette.responses.HTMLResponse"
        | "starlette.responses.PlainTextResponse"
        | "starlette.responses.RedirectResponse"
        | "starlette.responses.StreamingResponse"
        | "starlette.responses.FileResponse" => &["starlette.responses.Response"],
        "fastapi.sse.EventSourceResponse" => &["starlette.responses.StreamingResponse"],
        "fastapi.responses.ORJSONResponse" | "fastapi.responses.UJSONResponse" => {
            &["starlette.responses.JSONResponse"]
        }
        "fastapi.security.oauth2.OAuth2PasswordBearer"
        | "fastapi.security.oauth2.OAuth2AuthorizationCodeBearer" => &["fastapi.security.oauth2.OAuth2"],
        "fastapi.security.oauth2.OAuth2" | "fastapi.security.open_id_connect_url.OpenIdConnect" => {
            &["fastapi.security.base.SecurityBase"]
        }
        "fastapi.security.http.HTTPBearer"
        | "fastapi.security.http.HTTPBasic"
        | "fastapi.security.http.HTTPDigest" => &["fastapi.security.http.HTTPBase"],
        "fastapi.security.http.HTTPBase" => &["fastapi.security.base.SecurityBase"],
        "fastapi.security.api_key.APIKeyHeader"
        | "fastapi.security.api_key.APIKeyQuery"
        | "fastapi.security.api_key.APIKeyCookie" => &["fastapi.security.base.SecurityBase"],
        "pydantic_settings.main.SettingsConfigDict" => &["pydantic.config.ConfigDict"],
        "pydantic.config.ConfigDict" => &["typing.TypedDict"],
        "pydantic.AliasChoices"
        | "pydantic.AliasPath"
        | "pydantic.aliases.AliasChoices"
        | "pydantic.aliases.AliasPath"
        | "pydantic.fields.FieldInfo" => &["builtins.object"],
        "pydantic_settings.main.BaseSettings"
        | "pydantic.root_model.RootModel"
        | "sqlmodel.main.SQLModel" => &["pydantic.main.BaseModel"],
        "sqlalchemy.exc.IntegrityError" | "sqlalchemy.exc.OperationalError" => &["sqlalchemy.exc.DBAPIError"],
        "sqlalchemy.exc.DBAPIError" => &["sqlalchemy.exc.SQLAlchemyError"],
        "sqlalchemy.exc.NoResultFound" | "sqlalchemy.exc.MultipleResultsFound" => {
            &["sqlalchemy.exc.SQLAlchemyError"]
        }
        "sqlalchemy.exc.SQLAlchemyError" => &["builtins.Exception"],
        "jwt.ExpiredSignatureError" | "jwt.DecodeError" | "jwt.exceptions.ExpiredSignatureError" => {
            &["jwt.exceptions.InvalidTokenError"]
        }
        "jwt.exceptions.InvalidTokenError"
        | "jwt.PyJWTError"
        | "jose.JWTError"
        | "jose.exceptions.JWTError" => &["builtins.Exception"],
        _ => &[],
    }
}

/// The number of `starlette.status.HTTP_404_NOT_FOUND`, of `http.HTTPStatus.NOT_FOUND` and of a level of
/// `logging`.
pub(super) fn number_constant(name: &str) -> Option<i64> {
    if let Some(rest) = name.strip_prefix("starlette.status.") {
        let digits = rest.strip_prefix("HTTP_").or_else(|| rest.strip_prefix("WS_"))?;
        return digits.split('_').next()?.parse().ok();
    }
    if let Some(level) = name.strip_prefix("logging.") {
        return Some(match level {
            "NOTSET" => 0,
            "DEBUG" => 10,
            "INFO" => 20,
            "WARNING" | "WARN" => 30,
            "ERROR" => 40,
            "CRITICAL" | "FATAL" => 50,
            _ => return None,
        });
    }
    let member = name.strip_prefix("http.HTTPStatus.")?;
    let member = member.strip_suffix(".value").unwrap_or(member);
    Some(match member {
        "OK" => 200,
        "CREATED" => 201,
        "ACCEPTED" => 202,
        "NO_CONTENT" => 204,
        "PARTIAL_CONTENT" => 206,
        "MOVED_PERMANENTLY" => 301,
        "FOUND" => 302,
        "SEE_OTHER" => 303,
        "NOT_MODIFIED" => 304,
        "TEMPORARY_REDIRECT" => 307,
        "PERMANENT_REDIRECT" => 308,
        "BAD_REQUEST" => 400,
        "UNAUTHORIZED" => 401,
        "PAYMENT_REQUIRED" => 402,
        "FORBIDDEN" => 403,
        "NOT_FOUND" => 404,
        "METHOD_NOT_ALLOWED" => 405,
        "NOT_ACCEPTABLE" => 406,
        "REQUEST_TIMEOUT" => 408,
        "CONFLICT" => 409,
        "GONE" => 410,
        "PRECONDITION_FAILED" => 412,
        "REQUEST_ENTITY_TOO_LARGE" | "CONTENT_TOO_LARGE" => 413,
        "UNSUPPORTED_MEDIA_TYPE" => 415,
        "IM_A_TEAPOT" => 418,
        "UNPROCESSABLE_ENTITY" | "UNPROCESSABLE_CONTENT" => 422,
        "LOCKED" => 423,
        "TOO_EARLY" => 425,
        "PRECONDITION_REQUIRED" => 428,
        "TOO_MANY_REQUESTS" => 429,
        "INTERNAL_SERVER_ERROR" => 500,
        "NOT_IMPLEMENTED" => 501,
        "BAD_GATEWAY" => 502,
        "SERVICE_UNAVAILABLE" => 503,
        "GATEWAY_TIMEOUT" => 504,
        _ => return None,
    })
}
