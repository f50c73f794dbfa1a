//! Secrets in text become placeholders.
#![allow(missing_docs, clippy::unwrap_used)]

use fastwright_sandbox::redaction::Redactor;
use proptest::prelude::*;

fn redacted(text: &str) -> String {
    Redactor::new().redact(text).text
}

/// `@@` stands for the secret; what is around it has to stay.
fn is_taken_out(template: &str, secret: &str) {
    let text = template.replace("@@", secret);
    let result = redacted(&text);
    assert!(!result.contains(secret), "{text}\n{result}");
    assert!(result.contains("[redacted: "), "{text}\n{result}");
    let (before, behind) = template.split_once("@@").unwrap();
    assert!(result.starts_with(before), "{text}\n{result}");
    assert!(result.ends_with(behind), "{text}\n{result}");
}

#[test]
fn secrets_are_known_by_the_names_they_are_given_to() {
    for template in [
        "password = \"@@\"",
        "PASSWORD = '@@'\n",
        "    password: str = \"@@\"\n",
        "    password: str | None = '@@'  # why",
        "    api_key: SecretStr = SecretStr(\"@@\")",
        "    secret_key: str = Field(default=\"@@\", description=\"Signs tokens\")",
        "    secret_key: str = Field(\"@@\")",
        "SECRET_KEY = os.environ.get(\"SECRET_KEY\", \"@@\")",
        "SECRET_KEY = os.getenv('SECRET_KEY', default='@@')",
        "SECRET_KEY = os.environ.get(\"SECRET_KEY\") or \"@@\"",
        "SECRET_KEY = config(\"SECRET_KEY\", cast=str, default=\"@@\")",
        "SECRET_KEY = (\n    \"@@\"\n)",
        "SECRET_KEY = b\"@@\"",
        "SECRET_KEY = \"\"\"@@\"\"\"",
        "if password == \"@@\":",
        "connect(host=\"x\", password=\"@@\", port=5432)",
        "{\"username\": \"bob\", \"password\": \"@@\"}",
        "{\\\"password\\\": \\\"@@\\\"}",
        "settings[\"SECRET_KEY\"] = \"@@\"",
        "os.environ['DB_PASSWORD'] = '@@'",
        "POSTGRES_PASSWORD=@@\n",
        "export API_KEY=@@",
        "docker run -e POSTGRES_PASSWORD=@@ postgres",
        "  - MYSQL_PASSWORD=@@\n",
        "  password: @@\n",
        "db_password: '@@'",
        "secret_key = \"@@\"  # toml",
        "host=db password=@@ dbname=shop",
        "https://api.example.com/v1?api_key=@@&page=1",
        "# password: @@",
        "X-API-Key: @@",
        "postgresql+asyncpg://shop:@@@localhost:5432/shop",
        "redis://:@@@cache:6379/0",
        "Authorization: Bearer @@",
        "headers={\"Authorization\": \"Bearer @@\"}",
        "curl --token @@",
        "mysql --password=@@",
    ] {
        is_taken_out(template, "h7Qz93kfLw02mVx8");
    }
    for weak in ["hunter2", "changethis", "your-secret-key", "correct horse battery staple"] {
        is_taken_out("SECRET_KEY = \"@@\"", weak);
        is_taken_out("class Settings:\n    db_password: str = '@@'\n", weak);
    }
}

#[test]
fn tokens_are_known_by_their_shape() {
    // Put together here, so that no scanner takes this file for a leak.
    for (shape, kind) in [
        (format!("AK{}", "IAIOSFODNN7EXAMPLE"), "AWS access key"),
        (format!("gh{}{}", "p_", "a1B2".repeat(9)), "GitHub token"),
        (format!("github{}{}", "_pat_", "a1B2".repeat(12)), "GitHub token"),
        (format!("gl{}{}", "pat-", "a1B2".repeat(5)), "GitLab token"),
        (format!("xo{}", "xb-123456789012-abcdefABCDEF"), "Slack token"),
        (format!("sk_{}{}", "live_", "a1B2".repeat(6)), "Stripe key"),
        (format!("sk-{}{}", "ant-", "a1B2".repeat(8)), "Anthropic key"),
        (format!("sk-{}{}", "proj-", "a1B2".repeat(8)), "OpenAI key"),
        (format!("AI{}{}", "za", "a1B2c".repeat(7)), "Google key"),
        (format!("eyJ{}.eyJ{}.{}", "hbGciOiJIUzI1NiJ9", "zdWIiOiIxIn0", "c2lnbmF0dXJl"), "JSON Web Token"),
        (format!("hf{}{}", "_", "aB".repeat(17)), "Hugging Face token"),
        (format!("$2b$12${}", "a".repeat(53)), "password hash"),
    ] {
        let result = redacted(&format!("before {shape} behind"));
        assert_eq!(result, format!("before [redacted: {kind} 1] behind"), "{shape}");
    }
    let key = format!(
        "-----BEGIN RSA {}-----\nMIIEowIBAAKCAQEA7v\nabcdefgh\n-----END RSA PRIVATE KEY-----",
        "PRIVATE KEY"
    );
    let result = redacted(&key);
    assert!(!result.contains("MIIE") && !result.contains("abcdefgh"), "{result}");
    assert!(result.contains("[redacted: private key 1]"));
    let cut = key.split("abcdefgh").next().unwrap();
    assert!(!redacted(cut).contains("MIIE"));
}

#[test]
fn ordinary_code_stays_as_it_is() {
    let text = r#"
from fastapi.security import OAuth2PasswordBearer, APIKeyHeader
oauth2_scheme = OAuth2PasswordBearer(tokenUrl="/api/v1/auth/login")
api_key_header = APIKeyHeader(name="X-API-Key", auto_error=False)
class Login(BaseModel):
    username: str
    password: str = Field(min_length=8, max_length=128, description="At least 8 characters")
    token: Token
    key: bytes
    secret: SecretStr | None = None
def verify(password: str, hashed_password: str = None, *, secret_key: str = settings.secret_key) -> bool:
    return pwd_context.verify(password, hashed_password)
token = create_access_token(data={"sub": user.username}, secret=settings.SECRET_KEY)
token_type = "bearer"
token = request.cookies.get("access_token")
password = payload.get("password")
password=password
    password=hash_password(request.password),
user = User(email=request.email, password=hashed)
secret_key = os.environ["SECRET_KEY"]
api_key = os.getenv("API_KEY")
errors = {"password": "Password must have at least 8 characters", "token": "Invalid token"}
raise HTTPException(status_code=401, detail="Incorrect password")
primary_key = "id"
key = f"user:{user_id}"
cache_key = "orders:latest"
sort_key = "created_at"
author = "bob"
monkey = "george"
DATABASE_URL = f"postgresql://{user}:{password}@{host}/{name}"
url = "postgresql://${USER}:${PASSWORD}@localhost/db"
password: ${DB_PASSWORD}
api_key: {{ secrets.API_KEY }}
:param password: the password of the user
The secret: it is kept elsewhere.
    "password": {"type": "string", "format": "password"},
def test_token(): assert response.json()["token_type"] == "bearer"
"#;
    for (line, after) in text.lines().zip(redacted(text).lines()) {
        assert_eq!(line, after);
    }
    assert_eq!(redacted(text).lines().count(), text.lines().count());
}

#[test]
fn the_same_secret_has_the_same_placeholder() {
    let redactor = Redactor::new();
    let text =
        "password = \"hunter2-a\"\nOTHER_PASSWORD = 'hunter2-b'\npassword_again_password = \"hunter2-a\"\n";
    let first = redactor.redact(text);
    assert_eq!(
        first.text,
        "password = \"[redacted: password 1]\"\nOTHER_PASSWORD = '[redacted: password 2]'\n\
         password_again_password = \"[redacted: password 1]\"\n"
    );
    assert_eq!(first.count, 3);
    let second = redactor.redact("PASSWORD = \"hunter2-b\"");
    assert_eq!(second.text, "PASSWORD = \"[redacted: password 2]\"");
    // Nothing of it is in what can be printed.
    assert!(!format!("{:?}", redactor).contains("hunter2"));
}

#[test]
fn what_was_learned_is_found_everywhere_and_in_other_spellings() {
    let mut redactor = Redactor::new();
    redactor.learn_env_file(
        "# comment\nexport SECRET_KEY='s3cr3t/value+x'\nDEBUG=true\nAPI_TOKEN=abcdef123456 # why\n\
         DATABASE_URL=postgres://u:db-pass-1@h/d\nPORT=8000\n",
    );
    let redact = |text: &str| redactor.redact(text).text;
    assert_eq!(redact("printed: s3cr3t/value+x."), "printed: [redacted: known secret 1].");
    assert!(!redact("czNjcjN0L3ZhbHVlK3g=").contains("czNjcjN0L3ZhbHV"));
    assert!(!redact("7333637233742f76616c75652b78").contains("7333637233"));
    assert!(!redact("?x=s3cr3t%2Fvalue%2Bx").contains("s3cr3t"));
    assert!(!redact("x+eulav/t3rc3s").contains("eulav"));
    assert!(!redact("abcdef123456").contains("abcdef"));
    assert!(!redact("db-pass-1").contains("db-pass"));
    assert_eq!(redact("true 8000 DEBUG"), "true 8000 DEBUG");
}

fn secret() -> impl Strategy<Value = String> {
    "[A-Za-z0-9!#%^*_+~-]{4,20}[0-9][A-Za-z][!#%^*~][0-9a-z]{2,8}".prop_map(|text| text.replace("%", "9"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_breaks_it_and_twice_is_once(text in "(?s).{0,300}") {
        let redactor = Redactor::new();
        let once = redactor.redact(&text).text;
        prop_assert_eq!(&redactor.redact(&once).text, &once);
    }

    #[test]
    fn no_text_that_looks_like_code_breaks_it(
        parts in prop::collection::vec(
            prop_oneof![
                Just("password".to_owned()), Just("SECRET_KEY".to_owned()), Just(" = ".to_owned()), Just("=".to_owned()),
                Just(": ".to_owned()), Just("\"".to_owned()), Just("'".to_owned()), Just("\"\"\"".to_owned()),
                Just("\\".to_owned()), Just("\n".to_owned()), Just("(".to_owned()), Just("os.getenv(".to_owned()),
                Just("https://a:".to_owned()), Just("@".to_owned()), Just("[redacted: password 1]".to_owned()),
                Just("ä€😀".to_owned()), Just("Bearer ".to_owned()), "[a-z0-9]{1,20}", Just("f\"{".to_owned()),
            ],
            0..40,
        )
    ) {
        let redactor = Redactor::new();
        let text: String = parts.concat();
        let once = redactor.redact(&text).text;
        prop_assert_eq!(&redactor.redact(&once).text, &once, "{}", text);
    }

    #[test]
    fn a_planted_secret_never_survives(
        secret in secret(),
        before in "[a-z (){}=:.,\n]{0,60}",
        behind in "[a-z (){}=:.,\n]{0,60}",
        template in prop::sample::select(vec![
            "\npassword = \"@@\"\n", "\nSECRET_KEY: str = '@@'\n", "\nAPI_KEY=@@\n", "\n  db_password: '@@'\n",
            "\n{\"client_secret\": \"@@\"}\n", "\nf(password=\"@@\")\n", "\napi_key = os.getenv(\"API_KEY\", \"@@\")\n",
            "\nSECRET_KEY = (\n  \"@@\"\n)\n",
        ]),
    ) {
        let text = format!("{before}{}{behind}", template.replace("@@", &secret));
        let result = redacted(&text);
        prop_assert!(!result.contains(&secret), "{}\n{}", text, result);
    }

    #[test]
    fn a_learned_secret_never_survives(secret in "[!-~]{6,40}", before in "(?s).{0,60}", behind in "(?s).{0,60}") {
        let mut redactor = Redactor::new();
        redactor.learn(&secret);
        let result = redactor.redact(&format!("{before}{secret}{behind}")).text;
        let is_ordinary = secret.chars().all(char::is_alphabetic) || "[redacted: known secret 1]".contains(&secret);
        prop_assert!(is_ordinary || !result.contains(&secret), "{}", result);
    }
}

#[test]
fn where_a_shell_stands_is_no_secret() {
    let mut redactor = Redactor::new();
    let variables = [("PWD", "/srv/shop"), ("OLDPWD", "/srv/other"), ("DB_PWD", "hunter2-hunter2")];
    redactor.learn_variables(variables.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let text = "look at /srv/shop/main.py and /srv/other/main.py";
    assert_eq!(redactor.redact(text).text, text);
    assert!(!redactor.redact("it is hunter2-hunter2").text.contains("hunter2"));
}
