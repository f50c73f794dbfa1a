//! Calls of libraries that stop the thread until something outside is done.

use fastwright_python::dotted::{first_part, owner_and_last};

/// What a blocking call waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waits {
    /// For time to pass.
    Time,
    /// For an answer over the network.
    Network,
    /// For another program.
    Process,
    /// For the processor: hashing that is slow on purpose.
    Processor,
    /// For a local file.
    File,
}

/// What a call waits for, by its qualified name; nothing where it does not block or the library is not
/// known.
pub fn waits(name: &str) -> Option<Waits> {
    let (owner, last) = owner_and_last(name)?;
    let package = first_part(owner);
    let found = match package {
        "time" => (name == "time.sleep").then_some(Waits::Time)?,
        "requests" => {
            let verb = matches!(
                last,
                "get" | "post" | "put" | "patch" | "delete" | "head" | "options" | "request" | "send"
            );
            let of_session = matches!(owner, "requests" | "requests.api") || owner.ends_with("ession");
            (verb && of_session).then_some(Waits::Network)?
        }
        "httpx" => {
            let verb = matches!(
                last,
                "get"
                    | "post"
                    | "put"
                    | "patch"
                    | "delete"
                    | "head"
                    | "options"
                    | "request"
                    | "send"
                    | "stream"
            );
            (verb && matches!(owner, "httpx" | "httpx.Client")).then_some(Waits::Network)?
        }
        "urllib" => matches!(name, "urllib.request.urlopen" | "urllib.request.urlretrieve")
            .then_some(Waits::Network)?,
        "urllib3" => matches!(last, "request" | "urlopen").then_some(Waits::Network)?,
        "subprocess" => matches!(
            name,
            "subprocess.run"
                | "subprocess.call"
                | "subprocess.check_call"
                | "subprocess.check_output"
                | "subprocess.getoutput"
                | "subprocess.getstatusoutput"
                | "subprocess.Popen.wait"
                | "subprocess.Popen.communicate"
        )
        .then_some(Waits::Process)?,
        "os" => (name == "os.system").then_some(Waits::Process)?,
        "smtplib" => matches!(
            name,
            "smtplib.SMTP"
                | "smtplib.SMTP_SSL"
                | "smtplib.SMTP.connect"
                | "smtplib.SMTP.send_message"
                | "smtplib.SMTP.sendmail"
                | "smtplib.SMTP.login"
                | "smtplib.SMTP.starttls"
                | "smtplib.SMTP_SSL.login"
                | "smtplib.SMTP_SSL.send_message"
                | "smtplib.SMTP_SSL.sendmail"
        )
        .then_some(Waits::Network)?,
        "ftplib" | "imaplib" | "poplib" | "telnetlib" => {
            last.starts_with(|first: char| first.is_uppercase()).then_some(Waits::Network)?
        }
        "socket" => matches!(
            name,
            "socket.create_connection"
                | "socket.getaddrinfo"
                | "socket.gethostbyname"
                | "socket.gethostbyaddr"
        )
        .then_some(Waits::Network)?,
        "boto3" => {
            let client =
                matches!(owner, "boto3.client" | "boto3.session.Session.client" | "boto3.Session.client");
            let local = matches!(
                last,
                "generate_presigned_url"
                    | "generate_presigned_post"
                    | "get_paginator"
                    | "get_waiter"
                    | "can_paginate"
                    | "close"
            );
            (client && !local).then_some(Waits::Network)?
        }
        "redis" => {
            let client = matches!(
                owner,
                "redis.Redis"
                    | "redis.StrictRedis"
                    | "redis.client.Redis"
                    | "redis.client.StrictRedis"
                    | "redis.from_url"
                    | "redis.Redis.from_url"
                    | "redis.StrictRedis.from_url"
                    | "redis.RedisCluster"
                    | "redis.cluster.RedisCluster"
            );
            let local = matches!(
                last,
                "from_url"
                    | "pipeline"
                    | "pubsub"
                    | "lock"
                    | "register_script"
                    | "close"
                    | "monitor"
                    | "client"
                    | "json"
                    | "ft"
                    | "bf"
                    | "ts"
            );
            (client && !local).then_some(Waits::Network)?
        }
        "pymongo" => {
            let client = name.starts_with("pymongo.MongoClient.")
                || name.starts_with("pymongo.mongo_client.MongoClient.");
            let query = matches!(
                last,
                "find_one"
                    | "insert_one"
                    | "insert_many"
                    | "update_one"
                    | "update_many"
                    | "delete_one"
                    | "delete_many"
                    | "replace_one"
                    | "count_documents"
                    | "find_one_and_update"
                    | "find_one_and_delete"
                    | "find_one_and_replace"
                    | "bulk_write"
                    | "create_index"
                    | "distinct"
                    | "command"
            );
            (client && query).then_some(Waits::Network)?
        }
        "psycopg2" | "pymysql" | "MySQLdb" => {
            (last == "connect" || last == "execute").then_some(Waits::Network)?
        }
        "psycopg" => matches!(
            name,
            "psycopg.connect"
                | "psycopg.Connection.connect"
                | "psycopg.connect.execute"
                | "psycopg.Connection.execute"
        )
        .then_some(Waits::Network)?,
        "elasticsearch" => {
            let client = owner == "elasticsearch.Elasticsearch";
            (client && !matches!(last, "options" | "close")).then_some(Waits::Network)?
        }
        "openai" | "anthropic" => {
            let client = name.starts_with("openai.OpenAI.")
                || name.starts_with("openai.AzureOpenAI.")
                || name.starts_with("anthropic.Anthropic.");
            (client && matches!(last, "create" | "retrieve" | "parse" | "generate" | "edit"))
                .then_some(Waits::Network)?
        }
        "paramiko" => (owner == "paramiko.SSHClient" && matches!(last, "connect" | "exec_command"))
            .then_some(Waits::Network)?,
        "bcrypt" => matches!(name, "bcrypt.hashpw" | "bcrypt.checkpw").then_some(Waits::Processor)?,
        "hashlib" => matches!(name, "hashlib.pbkdf2_hmac" | "hashlib.scrypt").then_some(Waits::Processor)?,
        "passlib" => {
            let hasher =
                name.starts_with("passlib.context.CryptContext.") || name.starts_with("passlib.hash.");
            (hasher && matches!(last, "hash" | "verify" | "encrypt" | "verify_and_update"))
                .then_some(Waits::Processor)?
        }
        "argon2" => {
            let hasher = owner.ends_with("PasswordHasher");
            (hasher && matches!(last, "hash" | "verify")).then_some(Waits::Processor)?
        }
        "pwdlib" => {
            let hasher = owner.contains("PasswordHash");
            (hasher && matches!(last, "hash" | "verify" | "verify_and_update")).then_some(Waits::Processor)?
        }
        "werkzeug" => {
            matches!(last, "generate_password_hash" | "check_password_hash").then_some(Waits::Processor)?
        }
        "builtins" => (name == "builtins.open").then_some(Waits::File)?,
        "pathlib" => {
            let path = matches!(owner, "pathlib.Path" | "pathlib.PosixPath");
            (path && matches!(last, "read_text" | "read_bytes" | "write_text" | "write_bytes" | "open"))
                .then_some(Waits::File)?
        }
        "shutil" => matches!(
            last,
            "copy"
                | "copy2"
                | "copyfile"
                | "copyfileobj"
                | "copytree"
                | "move"
                | "rmtree"
                | "make_archive"
                | "unpack_archive"
        )
        .then_some(Waits::File)?,
        _ => return None,
    };
    Some(found)
}

/// What to call instead, where there is an asynchronous counterpart.
pub fn asynchronous_counterpart(name: &str) -> Option<&'static str> {
    let package = name.split('.').next()?;
    Some(match package {
        "time" => "await asyncio.sleep(...)",
        "requests" | "urllib" | "urllib3" => "httpx.AsyncClient",
        "httpx" => "httpx.AsyncClient",
        "subprocess" | "os" => "asyncio.create_subprocess_exec",
        "smtplib" => "aiosmtplib",
        "boto3" => "aioboto3",
        "redis" => "redis.asyncio",
        "pymongo" => "pymongo.AsyncMongoClient",
        "psycopg2" | "psycopg" => "psycopg.AsyncConnection",
        "pymysql" | "MySQLdb" => "asyncmy",
        "elasticsearch" => "elasticsearch.AsyncElasticsearch",
        "openai" => "openai.AsyncOpenAI",
        "anthropic" => "anthropic.AsyncAnthropic",
        "paramiko" => "asyncssh",
        "builtins" | "pathlib" => "anyio.Path",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_blocks() {
        assert_eq!(waits("requests.get"), Some(Waits::Network));
        assert_eq!(waits("requests.Session.post"), Some(Waits::Network));
        assert_eq!(waits("httpx.Client.get"), Some(Waits::Network));
        assert_eq!(waits("httpx.AsyncClient.get"), None);
        assert_eq!(waits("redis.asyncio.Redis.get"), None);
        assert_eq!(waits("redis.Redis.get"), Some(Waits::Network));
        assert_eq!(waits("time.time"), None);
        assert_eq!(waits("boto3.client.generate_presigned_url"), None);
    }
}
