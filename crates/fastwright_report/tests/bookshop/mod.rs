//! A small bookshop as an analysis would see it: files, a routing table, a review with evidence that
//! crosses files.

use std::path::Path;
use std::sync::Arc;

use fastwright_model::analysis::{Analysis, AnalysisOptions, analyse_tree};
use fastwright_model::application::{
    App, Condition, Guard, GuardKind, Parameter, ParameterPlace, Route, RouteKind, Undecided,
};
use fastwright_python::location::{File, FileId, Files, Location, Span};
use fastwright_python::source::MemoryTree;
use fastwright_rules::finding::{Area, Confidence, Edit, Evidence, Finding, Fix, RouteReference, Severity};
use fastwright_rules::review::{
    self, PreservedOperation, PreservedResource, Problem, Review, ReviewedProject, Statistics,
};

const MAIN: &str = r#"from fastapi import FastAPI

from app.routers import books, orders

app = FastAPI(title="Bookshop")
app.include_router(books.router)
app.include_router(orders.router, prefix="/orders")
if settings.debug:
    app.include_router(debug.router)
for plugin in load_plugins():
    app.include_router(plugin.router)
"#;

const AUTH: &str = r#"from typing import Annotated

import jwt
from fastapi import Depends, HTTPException

from app.models import User

GEHEIMNIS = "schlüssel-für-alle-bücher"; ALGORITHM = "HS256"


async def current_user(token: Annotated[str, Depends(oauth2)]) -> User:
	payload = jwt.decode(token, GEHEIMNIS, algorithms=[ALGORITHM])
	if payload.get("sub") is None:
		raise HTTPException(status_code=401)
	return await load_user(payload["sub"])


CurrentUser = Annotated[User, Depends(current_user)]
"#;

const ORDERS: &str = r#"from fastapi import APIRouter, HTTPException

from app.auth import CurrentUser
from app.models import Order
from app.payments import charge
from app.schemas import OrderRead, OrderUpdate

router = APIRouter(tags=["orders"])


@router.get("/{order_id}", response_model=OrderRead)
async def read_order(order_id: int, session: Session, user: CurrentUser):
    order = await session.get(Order, order_id)
    if order is None:
        raise HTTPException(404)
    return order


@router.put("/{order_id}", response_model=OrderRead)
async def update_order(order_id: int, change: OrderUpdate, session: Session, user: CurrentUser):
    order = await session.get(Order, order_id)
    if order is None:
        raise HTTPException(404)
    order.address = change.address
    await session.commit()
    return order


@router.post("/{order_id}/payment")
async def pay_order(order_id: int, session: Session, user: CurrentUser):
    return charge(await session.get(Order, order_id))
"#;

const PAYMENTS: &str = r#"import requests


def charge(order):
    return send({"order": order.id, "amount": str(order.total)})


def send(body):
    return requests.post("https://pay.example.com/charges", json=body, timeout=30)
"#;

/// The files with the means to point into them.
pub(crate) struct Sources {
    pub(crate) files: Files,
    main: FileId,
    auth: FileId,
    orders: FileId,
    payments: FileId,
}

impl Sources {
    pub(crate) fn new() -> Self {
        let mut files = Files::default();
        let mut add = |relative: &str, text: &str| {
            let path = format!("/srv/bookshop/{relative}").into();
            let module = relative.trim_end_matches(".py").replace('/', ".");
            files.add(File::new(
                path,
                relative.to_owned(),
                fastwright_python::name::Name::new(&module),
                true,
                text.into(),
            ))
        };
        let main = add("app/main.py", MAIN);
        let auth = add("app/auth.py", AUTH);
        let orders = add("app/routers/orders.py", ORDERS);
        let payments = add("app/payments.py", PAYMENTS);
        Self { files, main, auth, orders, payments }
    }

    /// The first `part` behind the first `after`.
    fn at(&self, file: FileId, after: &str, part: &str) -> Location {
        let text = &self.files.get(file).text;
        let from = text.find(after).unwrap();
        let start = from + text[from..].find(part).unwrap();
        Location { file, span: Span::new(start as u32, (start + part.len()) as u32) }
    }

    pub(crate) fn review(&self) -> Review {
        Review {
            projects: vec![ReviewedProject {
                root: ".".to_owned(),
                fastapi: Some("0.141.0".to_owned()),
                pydantic: Some("2.13.0".to_owned()),
                apps: vec!["app.main:app".to_owned()],
            }],
            preserve: preserve(),
            findings: vec![self.secret(), self.read_order(), self.update_order(), self.blocking()],
            undecided: vec![review::Undecided {
                reason: "The routers of `load_plugins()` are not known: it reads entry points of installed packages".to_owned(),
                location: Some(self.at(self.main, "for plugin", "plugin.router")),
            }],
            problems: vec![Problem {
                kind: "syntax-error".to_owned(),
                message: "Expected `:`, found end of line; the other files are reviewed".to_owned(),
                path: "app/legacy.py".to_owned(),
                position: Some((7, 12)),
            }],
            statistics: Statistics { files: 23, lines: 2310, routes: 5, milliseconds: 41, suppressed: 2 },
        }
    }

    fn secret(&self) -> Finding {
        let location = self.at(self.auth, "GEHEIMNIS", "\"schlüssel-für-alle-bücher\"");
        Finding {
            rule: "hardcoded-secret",
            area: Area::Secrets,
            severity: Severity::Critical,
            confidence: Confidence::Certain,
            cwe: &[798],
            owasp: &["API2:2023"],
            message: "`GEHEIMNIS`, the key of all tokens, stands in the source".to_owned(),
            route: None,
            location,
            symbol: "GEHEIMNIS".to_owned(),
            evidence: vec![
                Evidence { note: "the key is a constant".to_owned(), location },
                Evidence {
                    note: "tokens are verified with it".to_owned(),
                    location: self.at(self.auth, "jwt.decode", "GEHEIMNIS"),
                },
            ],
            why: "Whoever can read the repository can sign a token for any user.".to_owned(),
            recommendation: "Read the key from the environment, and change it: this one is known.".to_owned(),
            example: "GEHEIMNIS = settings.token_key.get_secret_value()\n".to_owned(),
            trade_off: "Every environment needs the variable before it starts.".to_owned(),
            contract_effect: "none; tokens signed with the old key are refused after the change".to_owned(),
            fix: None,
            fingerprint: "5c0ffee5".to_owned(),
        }
    }

    fn ownership(&self, method: &str, handler: &str, signature: &str) -> Finding {
        let location = self.at(self.orders, signature, "session.get(Order, order_id)");
        let article = if method == "GET" { "reads" } else { "changes" };
        Finding {
            rule: "missing-ownership-check",
            area: Area::Auth,
            severity: Severity::High,
            confidence: Confidence::Likely,
            cwe: &[639],
            owasp: &["API1:2023"],
            message: format!("`{method} /orders/{{order_id}}` {article} the order of any user for every signed-in user"),
            route: Some(RouteReference {
                method: method.to_owned(),
                path: "/orders/{order_id}".to_owned(),
                handler: format!("app.routers.orders:{handler}"),
            }),
            location,
            symbol: handler.to_owned(),
            evidence: vec![
                Evidence {
                    note: "`order_id` comes from the path".to_owned(),
                    location: self.at(self.orders, signature, "order_id: int"),
                },
                Evidence { note: "the order is loaded by its id alone".to_owned(), location },
                Evidence {
                    note: "the guard proves that somebody is signed in; nothing compares `Order.owner_id` with that user".to_owned(),
                    location: self.at(self.auth, "if payload", "raise HTTPException(status_code=401)"),
                },
            ],
            why: "Ids of orders count up, so that any customer can walk through the addresses and purchases of all others.".to_owned(),
            recommendation: "Load the order together with its owner, and answer 404 when there is none: that an order of somebody else exists is nobody's business.".to_owned(),
            example: "order = await session.scalar(\n    select(Order).where(Order.id == order_id, Order.owner_id == user.id)\n)\nif order is None:\n    raise HTTPException(404)".to_owned(),
            trade_off: "Staff who look after orders of others need a route or role of their own.".to_owned(),
            contract_effect: "404 instead of 200 for users who do not own the order".to_owned(),
            fix: Some(
                Fix::changes_contract("put the owner into the query", "404 for callers who do not own the order")
                    .edit(Edit {
                        location,
                        text: "session.scalar(select(Order).where(Order.id == order_id, Order.owner_id == user.id))"
                            .to_owned(),
                    }),
            ),
            fingerprint: format!("0a11{}", handler.len()),
        }
    }

    fn read_order(&self) -> Finding {
        self.ownership("GET", "read_order", "async def read_order")
    }

    fn update_order(&self) -> Finding {
        self.ownership("PUT", "update_order", "async def update_order")
    }

    fn blocking(&self) -> Finding {
        let location = self.at(
            self.payments,
            "return requests",
            "requests.post(\"https://pay.example.com/charges\", json=body, timeout=30)",
        );
        Finding {
            rule: "blocking-call-in-async-route",
            area: Area::Performance,
            severity: Severity::Medium,
            confidence: Confidence::Certain,
            cwe: &[],
            owasp: &["API4:2023"],
            message: "`POST /orders/{order_id}/payment` stops the whole service for up to 30 seconds while `requests.post` waits".to_owned(),
            route: None,
            location,
            symbol: "send".to_owned(),
            evidence: vec![
                Evidence {
                    note: "the handler runs on the event loop".to_owned(),
                    location: self.at(self.orders, "async def pay_order", "async def pay_order(order_id: int, session: Session, user: CurrentUser):\n    return"),
                },
                Evidence { note: "it calls `charge`".to_owned(), location: self.at(self.orders, "return charge", "charge") },
                Evidence { note: "which calls `send`".to_owned(), location: self.at(self.payments, "return send", "send") },
                Evidence { note: "which waits for the network".to_owned(), location },
            ],
            why: "While one payment waits, nobody else gets an answer from this process.".to_owned(),
            recommendation: "Use `httpx.AsyncClient`:\n- one client for the application, opened in the lifespan\n- awaited through `send` and `charge`".to_owned(),
            example: String::new(),
            trade_off: "Both functions become coroutines, and their callers with them.".to_owned(),
            contract_effect: "none".to_owned(),
            fix: None,
            fingerprint: "b10c".to_owned(),
        }
    }

    pub(crate) fn analysis(self) -> Analysis {
        let app = self.app();
        let nothing = MemoryTree::from_fixture("#- empty.py\n");
        let mut analysis =
            analyse_tree(Arc::new(nothing), Path::new(MemoryTree::ROOT), &AnalysisOptions::default())
                .unwrap();
        analysis.root = "/srv/bookshop".into();
        analysis.apps = vec![app];
        analysis.undecided = Vec::new();
        analysis.problems = Vec::new();
        analysis.fastapi = Some("0.141.0".to_owned());
        analysis.pydantic = None;
        analysis.file_count = 23;
        analysis.line_count = 2310;
        analysis.files = self.files;
        analysis
    }

    fn app(&self) -> App {
        let created = self.at(self.main, "app = ", "FastAPI(title=\"Bookshop\")");
        let refused = self.at(self.auth, "if payload", "raise HTTPException(status_code=401)");
        let public = Guard {
            kind: GuardKind::Public,
            by: vec![],
            roles: vec![],
            scopes: vec![],
            evidence: vec![],
            assumption: None,
        };
        let signed_in = Guard {
            kind: GuardKind::Required,
            by: vec!["app.auth:current_user".to_owned()],
            evidence: vec![("refuses with 401".to_owned(), refused)],
            ..public.clone()
        };
        let included =
            self.at(self.main, "include_router(orders", "include_router(orders.router, prefix=\"/orders\")");
        let books = Route {
            kind: RouteKind::Http,
            methods: vec!["GET".to_owned()],
            path: "/books".to_owned(),
            handler: "app.routers.books:list_books".to_owned(),
            location: created,
            registration: vec![],
            name: "list_books".to_owned(),
            tags: vec!["books".to_owned()],
            guard: public.clone(),
            parameters: vec![],
            request: None,
            response: Some("list[BookRead]".to_owned()),
            statuses: vec![200],
            reads: vec!["authors".to_owned(), "books".to_owned()],
            writes: vec![],
            effects: vec![],
            conditional: None,
            include_in_schema: true,
            deprecated: false,
            function: None,
        };
        let order = |method: &str, handler: &str, path: &str| {
            let signature = format!("async def {handler}");
            let location = self.at(self.orders, &signature, &signature);
            Route {
                methods: vec![method.to_owned()],
                path: path.to_owned(),
                handler: format!("app.routers.orders:{handler}"),
                location,
                registration: vec![
                    ("registered here".to_owned(), location),
                    ("included with prefix `/orders`".to_owned(), included),
                ],
                name: handler.to_owned(),
                tags: vec!["orders".to_owned()],
                guard: signed_in.clone(),
                parameters: vec![Parameter {
                    name: "order_id".to_owned(),
                    alias: "order_id".to_owned(),
                    place: ParameterPlace::Path,
                    annotation: "int".to_owned(),
                    required: true,
                    default: None,
                    constraints: vec![("ge".to_owned(), "1".to_owned())],
                    location: self.at(self.orders, &signature, "order_id: int"),
                    declared_by: format!("app.routers.orders:{handler}"),
                }],
                response: Some("OrderRead".to_owned()),
                statuses: vec![200, 401, 404, 422],
                reads: vec!["orders".to_owned()],
                ..books.clone()
            }
        };
        App {
            locator: "app.main:app".to_owned(),
            location: created,
            title: "Bookshop".to_owned(),
            routes: vec![
                books.clone(),
                order("GET", "read_order", "/orders/{order_id}"),
                Route {
                    request: Some("OrderUpdate".to_owned()),
                    writes: vec!["orders".to_owned()],
                    guard: Guard { roles: vec!["customer".to_owned()], ..signed_in.clone() },
                    ..order("PUT", "update_order", "/orders/{order_id}")
                },
                Route {
                    response: None,
                    effects: vec!["calls requests.post".to_owned()],
                    ..order("POST", "pay_order", "/orders/{order_id}/payment")
                },
                Route {
                    kind: RouteKind::WebSocket,
                    methods: vec![],
                    path: "/debug/events".to_owned(),
                    handler: "app.debug:events".to_owned(),
                    tags: vec![],
                    guard: Guard {
                        kind: GuardKind::Optional,
                        by: vec!["app.auth:perhaps_user".to_owned()],
                        assumption: Some("`perhaps_user` is passed as a variable".to_owned()),
                        ..public
                    },
                    response: None,
                    statuses: vec![],
                    reads: vec![],
                    conditional: Some(Condition {
                        text: "settings.debug".to_owned(),
                        location: self.at(self.main, "if settings", "settings.debug"),
                        holds: fastwright_model::application::Holds::Undecided,
                    }),
                    ..books
                },
            ],
            middleware: vec![],
            exception_handlers: vec![],
            lifespan: None,
            undecided: vec![Undecided {
                reason: "The routers of `load_plugins()` are not known: it reads entry points of installed packages".to_owned(),
                location: Some(self.at(self.main, "for plugin", "plugin.router")),
            }],
            mounted: false, latent: false,
        }
    }
}

fn preserve() -> Vec<PreservedResource> {
    let operation = |method: &str, path: &str, who: &str, effects: &[&str]| PreservedOperation {
        method: method.to_owned(),
        path: path.to_owned(),
        who: who.to_owned(),
        effects: effects.iter().map(|&effect| effect.to_owned()).collect(),
    };
    vec![
        PreservedResource {
            resource: "books".to_owned(),
            operations: vec![operation("GET", "/books", "anyone", &["reads authors", "reads books"])],
        },
        PreservedResource {
            resource: "orders".to_owned(),
            operations: vec![
                operation("GET", "/orders/{order_id}", "signed-in user", &["reads orders"]),
                operation("PUT", "/orders/{order_id}", "signed-in user", &["reads orders", "writes orders"]),
                operation(
                    "POST",
                    "/orders/{order_id}/payment",
                    "signed-in user",
                    &["reads orders", "calls pay.example.com"],
                ),
            ],
        },
    ]
}
