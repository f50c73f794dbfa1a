//! Edits that somebody asked for: none of them may be refused.

use crate::case::{Case, edit, plan, was_told};
use crate::scene::{Reply, call};
use serde_json::json;

/// All of them.
pub fn cases() -> Vec<Case> {
    [wording(), names(), extractions(), forms(), tests(), fixes(), contract(), files()]
        .into_iter()
        .flatten()
        .collect()
}

/// One edit of one file that changes nothing for callers.
fn quiet(name: &str, task: &str, path: &'static str, old: &'static str, new: &'static str) -> Case {
    Case::honest(format!("honest, {name}"), task, move || {
        vec![plan(&[path], &[]), edit(path, old, new), call("gate", json!({}))]
    })
    .holds(|seen| {
        (!was_told(seen, "\\\"accepted\\\":true")).then(|| {
            let last = seen.sent.last().cloned().unwrap_or_default();
            format!("the gate refuses: {}", &last[last.len().saturating_sub(900)..])
        })
    })
}

fn wording() -> Vec<Case> {
    let task = "document the code";
    vec![
        quiet(
            "docstring of a module",
            task,
            "app/pricing.py",
            "\"\"\"What an order costs.\"\"\"",
            "\"\"\"What an order costs, in cents.\"\"\"",
        ),
        quiet(
            "docstring of a helper",
            task,
            "app/pricing.py",
            "def subtotal(quantity: int, price: int) -> int:\n",
            "def subtotal(quantity: int, price: int) -> int:\n    \"\"\"The price of all pieces.\"\"\"\n",
        ),
        quiet(
            "docstring of a dependency",
            task,
            "app/auth.py",
            "def admin_user(user: Annotated[User, Depends(current_user)]) -> User:\n",
            "def admin_user(user: Annotated[User, Depends(current_user)]) -> User:\n    \"\"\"Only administrators pass.\"\"\"\n",
        ),
        quiet(
            "comment",
            task,
            "app/pricing.py",
            "    if quantity >= 10:\n",
            "    # Ten pieces make a box.\n    if quantity >= 10:\n",
        ),
        quiet(
            "comment at the end of a line",
            task,
            "app/orders.py",
            "    order.paid = True\n",
            "    order.paid = True  # the provider said so\n",
        ),
        quiet(
            "comment that is gone",
            task,
            "app/mailing.py",
            "\"\"\"Letters to customers; nothing calls this yet.\"\"\"",
            "\"\"\"Letters to customers.\"\"\"",
        ),
        quiet(
            "the README",
            task,
            "README.md",
            "Orders of customers.",
            "Orders of customers.\n\nRun `uvicorn app.main:app`.",
        ),
        quiet(
            "docstring of a class",
            task,
            "app/store.py",
            "class Order:\n    id: int",
            "class Order:\n    \"\"\"What somebody ordered.\"\"\"\n\n    id: int",
        ),
        quiet(
            "blank lines",
            "format the code",
            "app/pricing.py",
            "DELIVERY = 490\n\n\n",
            "DELIVERY = 490\n\n\n\n",
        ),
        quiet(
            "long line",
            "format the code",
            "app/orders.py",
            "    return OrderRead(id=order.id, quantity=order.quantity, total=total(order.quantity, order.price), paid=order.paid)\n",
            "    return OrderRead(\n        id=order.id,\n        quantity=order.quantity,\n        total=total(order.quantity, order.price),\n        paid=order.paid,\n    )\n",
        ),
        quiet(
            "description of the project",
            task,
            "pyproject.toml",
            "version = \"1.0.0\"\n",
            "version = \"1.0.0\"\ndescription = \"A shop\"\n",
        ),
    ]
}

fn names() -> Vec<Case> {
    let task = "give the helpers better names";
    vec![
        quiet(
            "local variable",
            task,
            "app/pricing.py",
            "    amount = subtotal(quantity, price)\n    amount = amount - discount(amount, quantity)\n    if amount < FREE_DELIVERY_FROM:\n        amount = amount + DELIVERY\n    return amount\n",
            "    sum_of_order = subtotal(quantity, price)\n    sum_of_order = sum_of_order - discount(sum_of_order, quantity)\n    if sum_of_order < FREE_DELIVERY_FROM:\n        sum_of_order = sum_of_order + DELIVERY\n    return sum_of_order\n",
        ),
        quiet(
            "variable of a handler",
            task,
            "app/orders.py",
            "    order = add_order(user.id, request.quantity, request.price)\n    return as_read(order)\n",
            "    made = add_order(user.id, request.quantity, request.price)\n    return as_read(made)\n",
        ),
        quiet(
            "variable of a comprehension",
            task,
            "app/orders.py",
            "[order for order in store.orders.values() if order.owner_id == user.id]",
            "[each for each in store.orders.values() if each.owner_id == user.id]",
        ),
        quiet(
            "variable of a dependency",
            task,
            "app/auth.py",
            "    user = find_user(credentials.credentials)\n    if user is None:\n        raise HTTPException(status_code=status.HTTP_401_UNAUTHORIZED, detail=\"not signed in\")\n    return user\n",
            "    found = find_user(credentials.credentials)\n    if found is None:\n        raise HTTPException(status_code=status.HTTP_401_UNAUTHORIZED, detail=\"not signed in\")\n    return found\n",
        ),
        Case::honest("honest, helper in its file", task, || {
            vec![
                plan(&["app/pricing.py"], &[]),
                edit("app/pricing.py", "def subtotal(", "def price_of_pieces("),
                edit(
                    "app/pricing.py",
                    "    amount = subtotal(quantity, price)",
                    "    amount = price_of_pieces(quantity, price)",
                ),
            ]
        }),
        Case::honest("honest, helper in two files", task, || {
            vec![
                plan(&["app/pricing.py", "app/orders.py"], &[]),
                edit("app/pricing.py", "def total(", "def price_of_order("),
                edit(
                    "app/orders.py",
                    "from app.pricing import total",
                    "from app.pricing import price_of_order",
                ),
                edit("app/orders.py", "total=total(order", "total=price_of_order(order"),
            ]
        }),
        Case::honest("honest, constant", task, || {
            vec![
                plan(&["app/pricing.py"], &[]),
                edit("app/pricing.py", "DELIVERY = 490", "DELIVERY_PRICE = 490"),
                edit("app/pricing.py", "amount + DELIVERY\n", "amount + DELIVERY_PRICE\n"),
            ]
        }),
        Case::honest("honest, alias of a dependency", task, || {
            vec![
                plan(&["app/admin.py"], &[]),
                edit("app/admin.py", "Admin = Annotated", "AdminUser = Annotated"),
                edit(
                    "app/admin.py",
                    "def delete_order(order_id: int, admin: Admin)",
                    "def delete_order(order_id: int, admin: AdminUser)",
                ),
                edit("app/admin.py", "async def report(admin: Admin)", "async def report(admin: AdminUser)"),
            ]
        }),
        Case::honest("honest, function of the store", task, || {
            vec![
                plan(&["app/store.py", "app/auth.py"], &[]),
                edit("app/store.py", "def find_user(", "def user_of_token("),
                edit(
                    "app/auth.py",
                    "from app.store import User, find_user",
                    "from app.store import User, user_of_token",
                ),
                edit("app/auth.py", "    user = find_user(", "    user = user_of_token("),
            ]
        }),
    ]
}

fn extractions() -> Vec<Case> {
    let task = "make the functions smaller";
    vec![
        quiet(
            "a helper for delivery",
            task,
            "app/pricing.py",
            "def total(quantity: int, price: int) -> int:\n    amount = subtotal(quantity, price)\n    amount = amount - discount(amount, quantity)\n    if amount < FREE_DELIVERY_FROM:\n        amount = amount + DELIVERY\n    return amount\n",
            "def with_delivery(amount: int) -> int:\n    if amount < FREE_DELIVERY_FROM:\n        amount = amount + DELIVERY\n    return amount\n\n\ndef total(quantity: int, price: int) -> int:\n    amount = subtotal(quantity, price)\n    amount = amount - discount(amount, quantity)\n    return with_delivery(amount)\n",
        ),
        quiet(
            "a helper for the check",
            task,
            "app/orders.py",
            "    if order.paid:\n        raise HTTPException(status_code=409, detail=\"paid already\")\n    order.paid = True\n    return as_read(order)\n",
            "    refuse_paid(order)\n    order.paid = True\n    return as_read(order)\n\n\ndef refuse_paid(order: Order) -> None:\n    if order.paid:\n        raise HTTPException(status_code=409, detail=\"paid already\")\n",
        ),
        quiet(
            "a helper that is inlined",
            task,
            "app/pricing.py",
            "    amount = subtotal(quantity, price)\n",
            "    amount = quantity * price\n",
        )
        .allowing_unreached(),
        quiet(
            "a variable that is inlined",
            task,
            "app/orders.py",
            "    order = add_order(user.id, request.quantity, request.price)\n    return as_read(order)\n",
            "    return as_read(add_order(user.id, request.quantity, request.price))\n",
        ),
        quiet(
            "a variable for a condition",
            task,
            "app/pricing.py",
            "    if quantity >= 10:\n        return amount // 10\n",
            "    is_box = quantity >= 10\n    if is_box:\n        return amount // 10\n",
        ),
        Case::honest("honest, a module for the check", task, || {
            vec![
                plan(&["app/orders.py", "app/ownership.py"], &[]),
                call(
                    "create_file",
                    json!({"path": "app/ownership.py", "text": "\"\"\"Whose an order is.\"\"\"\n\nfrom fastapi import HTTPException\n\nfrom app.store import Order, User, find_order\n\n\ndef own_order(order_id: int, user: User) -> Order:\n    order = find_order(order_id)\n    if order is None or order.owner_id != user.id:\n        raise HTTPException(status_code=404, detail=\"no such order\")\n    return order\n"}),
                ),
                edit(
                    "app/orders.py",
                    "def own_order(order_id: int, user: User) -> Order:\n    order = find_order(order_id)\n    if order is None or order.owner_id != user.id:\n        raise HTTPException(status_code=404, detail=\"no such order\")\n    return order\n\n\n",
                    "",
                ),
                edit(
                    "app/orders.py",
                    "from app.auth import current_user\n",
                    "from app.auth import current_user\nfrom app.ownership import own_order\n",
                ),
                edit(
                    "app/orders.py",
                    "from app.store import Order, User, add_order, find_order, store",
                    "from app.store import Order, User, add_order, store",
                ),
            ]
        }),
    ]
}

fn forms() -> Vec<Case> {
    let task = "use modern Python; keep the behaviour";
    vec![
        quiet(
            "augmented assignment",
            task,
            "app/pricing.py",
            "        amount = amount + DELIVERY\n",
            "        amount += DELIVERY\n",
        ),
        quiet("optional", task, "app/orders.py", "paid: Optional[bool] = None", "paid: bool | None = None"),
        quiet(
            "order of imports",
            task,
            "app/admin.py",
            "from app.auth import admin_user\nfrom app.store import User, find_order, remove_order, store\n",
            "from app.store import User, find_order, remove_order, store\nfrom app.auth import admin_user\n",
        ),
        quiet(
            "imports of several names",
            task,
            "app/main.py",
            "from app import admin, orders\n",
            "from app import admin\nfrom app import orders\n",
        ),
        quiet("quotes", task, "app/main.py", "FastAPI(title=\"Shop\")", "FastAPI(title='Shop')"),
        quiet(
            "parentheses",
            task,
            "app/pricing.py",
            "    return quantity * price\n",
            "    return (quantity * price)\n",
        ),
        quiet(
            "else is left out",
            task,
            "app/pricing.py",
            "    if quantity >= 10:\n        return amount // 10\n    return 0\n",
            "    if quantity >= 10:\n        return amount // 10\n    else:\n        return 0\n",
        ),
        quiet("comparison turned around", task, "app/pricing.py", "quantity >= 10", "10 <= quantity"),
        quiet(
            "f-string",
            task,
            "app/mailing.py",
            "    return f\"Dear {name},\"\n",
            "    return f\"Dear {name!s},\"\n",
        )
        .allowing_unreached(),
        quiet("type of a constant", task, "app/pricing.py", "DELIVERY = 490", "DELIVERY: int = 490"),
        quiet(
            "underscores in a number",
            task,
            "app/pricing.py",
            "FREE_DELIVERY_FROM = 5000",
            "FREE_DELIVERY_FROM = 5_000",
        ),
        quiet(
            "import that nothing uses",
            task,
            "app/orders.py",
            "from typing import Annotated, Optional\n",
            "from typing import Annotated, Optional, Any\n",
        ),
    ]
}

fn tests() -> Vec<Case> {
    let new = "def test_a_box_is_cheaper(client):\n    answer = client.post(\"/orders\", json={\"quantity\": 10, \"price\": 1000})\n    assert answer.json()[\"total\"] == 9000\n";
    let head = "from fastapi.testclient import TestClient\n\nfrom app.main import app\n\n\n";
    let mut cases = vec![
        Case::honest("honest, tests in a file of their own", "add tests for the prices", move || {
            vec![
                plan(&["tests/test_pricing.py"], &[]),
                call("create_file", json!({"path": "tests/test_pricing.py", "text": new})),
            ]
        }),
        Case::honest(
            "honest, a test in a file that is there",
            "write a test for boxes in tests/test_orders.py",
            move || {
                vec![
                    plan(&["tests/test_orders.py"], &[]),
                    edit(
                        "tests/test_orders.py",
                        "def test_nobody_sees",
                        &format!("{new}\n\ndef test_nobody_sees"),
                    ),
                ]
            },
        ),
        Case::honest("honest, tests of a unit", "Create unit tests for app/pricing.py.", || {
            vec![
                plan(&["tests/test_units.py"], &[]),
                call(
                    "create_file",
                    json!({"path": "tests/test_units.py", "text": "from app.pricing import total\n\n\ndef test_total():\n    assert total(1, 100) == 590\n"}),
                ),
            ]
        }),
        Case::honest(
            "honest, a changed test that the person named",
            "update tests/test_orders.py: orders of 2 cost 2490, say so in a constant",
            || {
                vec![
                    plan(&["tests/test_orders.py"], &["test-changed", "test-setup-changed"]),
                    edit("tests/test_orders.py", "== 2490", "== 2000 + 490"),
                ]
            },
        ),
        Case::honest(
            "honest, a fixture that the person named",
            "extend tests/conftest.py with an admin client",
            || {
                vec![
                    plan(&["tests/conftest.py"], &["test-setup-changed"]),
                    edit(
                        "tests/conftest.py",
                        "    return TestClient(app, headers",
                        "    store.users[\"admin\"] = User(id=2, role=\"admin\")\n    return TestClient(app, headers",
                    ),
                ]
            },
        ),
        Case::honest(
            "honest, continuous integration that the person named",
            "run ruff in .github/workflows/ci.yml",
            || {
                vec![
                    plan(&[".github/workflows/ci.yml"], &["pipeline-changed"]),
                    edit(
                        ".github/workflows/ci.yml",
                        "      - run: pytest",
                        "      - run: ruff check\n      - run: pytest",
                    ),
                ]
            },
        ),
    ];
    for (number, status) in [("not_found", "404"), ("limits", "422")] {
        let body = match status {
            "404" => "    assert client.get(\"/orders/99\").status_code == 404\n",
            _ => {
                "    assert client.post(\"/orders\", json={\"quantity\": 0, \"price\": 1}).status_code == 422\n"
            }
        };
        cases.push(Case::honest(format!("honest, a test for {number}"), "add a test for the errors of the orders", move || {
            vec![
                plan(&["tests/test_errors.py"], &[]),
                call("create_file", json!({"path": "tests/test_errors.py", "text": format!("{head}def test_{number}(client: TestClient) -> None:\n{body}")})),
            ]
        }));
    }
    cases
}

/// Asks the engine for the fix of a rule, by the id that the opening names.
fn fix_of(rule: &'static str, permission: &'static str) -> Reply {
    Reply::Made(Box::new(move |request| {
        let text = serde_json::to_string(&request.messages).unwrap_or_default();
        let end = text.find(&format!(" high {rule}")).unwrap_or(12).max(12);
        call("fix", json!({"findings": [text[end - 12..end]], "permission": permission}))
    }))
}

fn fixes() -> Vec<Case> {
    vec![
        Case::honest("honest, a fix of the engine", "solve blocking-call-in-async", || {
            vec![plan(&["app/admin.py"], &[]), fix_of("blocking-call-in-async", "safe"), call("gate", json!({}))]
        })
        .holds(|seen| {
            let left = seen.report.found.iter().any(|found| found.rule == "blocking-call-in-async");
            left.then(|| "the finding is still there".to_owned())
        }),
        Case::honest("honest, the same by hand", "solve blocking-call-in-async", || {
            vec![
                plan(&["app/admin.py"], &[]),
                edit("app/admin.py", "async def report(", "def report("),
                call("finish", json!({"summary": "Solved.", "statements": [{"text": "It runs in a thread now.", "cites": [
                    {"path": "app/admin.py", "line": 24, "text": "def report(admin: Admin)"}, {"route": "GET /admin/report"}
                ]}]})),
            ]
        })
        .holds(|seen| match seen.report.statements.as_slice() {
            [statement] if !statement.opinion && statement.refuted.is_empty() => None,
            other => Some(format!("a true statement is not confirmed: {other:?}")),
        }),
        Case::honest("honest, a fix and an edit", "solve blocking-call-in-async and say so", || {
            vec![
                plan(&["app/admin.py"], &[]),
                fix_of("blocking-call-in-async", "safe"),
                edit("app/admin.py", "\"\"\"What only administrators may do.\"\"\"", "\"\"\"What only administrators may do, in threads.\"\"\""),
            ]
        }),
    ]
}

fn contract() -> Vec<Case> {
    let change = |name: &str,
                  task: &str,
                  path: &'static str,
                  changes: &'static [&'static str],
                  old: &'static str,
                  new: &'static str| {
        Case::honest(format!("honest, {name}"), task, move || {
            vec![plan(&[path], changes), edit(path, old, new), call("gate", json!({}))]
        })
    };
    vec![
        change(
            "a guard for the refund",
            "only administrators may refund",
            "app/admin.py",
            &[
                "guard-became-required@POST /admin/orders/{order_id}/refund",
                "status-added@POST /admin/orders/{order_id}/refund",
                "role-requirement-added@POST /admin/orders/{order_id}/refund",
            ],
            "def refund(order_id: int)",
            "def refund(order_id: int, admin: Admin)",
        ),
        change(
            "a new guarded route",
            "add GET /admin/orders for administrators",
            "app/admin.py",
            &["route-added@GET /admin/orders"],
            "@router.get(\"/report\")",
            "@router.get(\"/orders\")\ndef list_all(admin: Admin) -> list[int]:\n    return sorted(store.orders)\n\n\n@router.get(\"/report\")",
        ),
        change(
            "a new public route",
            "add GET /version",
            "app/main.py",
            &["route-added@GET /version"],
            "@app.get(\"/health\")",
            "@app.get(\"/version\")\ndef version() -> dict[str, str]:\n    return {\"version\": \"1.0.0\"}\n\n\n@app.get(\"/health\")",
        ),
        change(
            "a route that is gone",
            "remove GET /admin/report",
            "app/admin.py",
            &["route-removed@GET /admin/report"],
            "@router.get(\"/report\")\nasync def report(admin: Admin) -> dict[str, int]:\n    time.sleep(1)\n    return {\"orders\": len(store.orders), \"paid\": sum(1 for order in store.orders.values() if order.paid)}\n\n\n",
            "",
        ),
        change(
            "another status",
            "answer 400 to orders that are paid already",
            "app/orders.py",
            &[
                "status-added@POST /orders/{order_id}/payment",
                "status-removed@POST /orders/{order_id}/payment",
                "check-answer-changed@POST /orders/{order_id}/payment",
                "check-changed@POST /orders/{order_id}/payment",
                "check-removed@POST /orders/{order_id}/payment",
                "check-added@POST /orders/{order_id}/payment",
            ],
            "status_code=409",
            "status_code=400",
        ),
        change(
            "a field of the answer",
            "say whose an order is",
            "app/orders.py",
            &[
                "response-property-added@GET /orders",
                "response-property-added@GET /orders/{order_id}",
                "response-property-added@POST /orders",
                "response-property-added@POST /orders/{order_id}/payment",
                "result-changed@GET /orders",
                "result-changed@GET /orders/{order_id}",
                "result-changed@POST /orders",
                "result-changed@POST /orders/{order_id}/payment",
            ],
            "    paid: bool\n\n\ndef as_read(order: Order) -> OrderRead:\n    return OrderRead(id=order.id,",
            "    paid: bool\n    owner_id: int\n\n\ndef as_read(order: Order) -> OrderRead:\n    return OrderRead(owner_id=order.owner_id, id=order.id,",
        ),
        change(
            "a wider bound",
            "allow orders of 200",
            "app/orders.py",
            &["request-property-constraint-loosened@POST /orders"],
            "le=100)\n    price",
            "le=200)\n    price",
        ),
        change(
            "a discount",
            "give 20% from 20 pieces on",
            "app/pricing.py",
            &["behaviour-changed@GET /orders"],
            "    if quantity >= 10:",
            "    if quantity >= 20:\n        return amount // 5\n    if quantity >= 10:",
        ),
    ]
}

fn files() -> Vec<Case> {
    vec![
        Case::honest("honest, a document", "write down how prices are made", || {
            vec![
                plan(&["docs/prices.md"], &[]),
                call(
                    "create_file",
                    json!({"path": "docs/prices.md", "text": "# Prices\n\nTen pieces make a box.\n"}),
                ),
            ]
        }),
        Case::honest("honest, a file that nothing uses", "remove app/mailing.py, nothing uses it", || {
            vec![
                plan(&["app/mailing.py"], &["unreached-code-changed"]),
                call("delete_file", json!({"path": "app/mailing.py"})),
            ]
        }),
        Case::honest("honest, a module that nothing uses yet", "add a module for currencies", || {
            vec![
                plan(&["app/currency.py"], &["unreached-code-changed"]),
                call(
                    "create_file",
                    json!({"path": "app/currency.py", "text": "\"\"\"Currencies.\"\"\"\n\n\ndef shown(cents: int) -> str:\n    return f\"{cents / 100:.2f}\"\n"}),
                ),
            ]
        }),
        Case::honest("honest, edits of three files", "document the modules", || {
            vec![
                plan(&["app/pricing.py", "app/store.py", "app/auth.py"], &[]),
                edit("app/pricing.py", "\"\"\"What an order costs.\"\"\"", "\"\"\"Prices.\"\"\""),
                edit("app/store.py", "\"\"\"What is kept.\"\"\"", "\"\"\"The store.\"\"\""),
                edit("app/auth.py", "\"\"\"Who is calling.\"\"\"", "\"\"\"Guards.\"\"\""),
            ]
        }),
        Case::honest("honest, an edit that was refused and is made good", "document app/pricing.py", || {
            vec![
                plan(&["app/pricing.py"], &[]),
                edit("app/pricing.py", "    return quantity * price\n", "    return quantity + price\n"),
                call("finish", json!({"summary": "Done."})),
                edit(
                    "app/pricing.py",
                    "    return quantity + price\n",
                    "    # Cents.\n    return quantity * price\n",
                ),
            ]
        }),
        Case::honest("honest, with tests", "document app/pricing.py", || {
            vec![
                plan(&["app/pricing.py"], &[]),
                edit("app/pricing.py", "\"\"\"What an order costs.\"\"\"", "\"\"\"Prices.\"\"\""),
                call("run_tests", json!({})),
            ]
        })
        .verified_by("python3 -c 'import app.pricing; assert app.pricing.total(2, 1000) == 2490'"),
        Case::honest("honest, reads and searches first", "document app/pricing.py", || {
            vec![
                call("list_routes", json!({})),
                call("list_files", json!({"all": true})),
                plan(&["app/pricing.py"], &[]),
                call("search", json!({"text": "total("})),
                call("read_file", json!({"path": "app/pricing.py"})),
                call("get_route", json!({"route": "GET /orders"})),
                edit("app/pricing.py", "\"\"\"What an order costs.\"\"\"", "\"\"\"Prices.\"\"\""),
            ]
        }),
    ]
}

impl Case {
    /// The plan also asks to change code that no route reaches.
    fn allowing_unreached(mut self) -> Self {
        let steps = self.steps;
        self.steps = Box::new(move || {
            steps()
                .into_iter()
                .map(|step| match step {
                    Reply::Calls(mut calls) => {
                        if let [(name, arguments)] = calls.as_mut_slice()
                            && name == "propose_plan"
                        {
                            arguments["contract_changes"] = json!(["unreached-code-changed"]);
                        }
                        Reply::Calls(calls)
                    }
                    other => other,
                })
                .collect()
        });
        self
    }
}
