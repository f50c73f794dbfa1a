//! What is offered and answered, in both revisions.

use crate::client::{Client, INITIALIZED, STATELESS, meta};
use crate::project::Project;
use serde_json::{Value as Json, json};

const REVISIONS: [&str; 2] = [INITIALIZED, STATELESS];

#[test]
fn a_connection_is_opened_in_either_revision() {
    let project = Project::new();
    let mut client = Client::start(project.path(), &[]);
    let discovered = client.request("server/discover", json!({ "_meta": meta() })).unwrap();
    let versions = discovered["supportedVersions"].as_array().unwrap();
    assert!(
        REVISIONS.iter().all(|revision| versions.iter().any(|version| version == revision)),
        "{discovered}"
    );
    assert!(discovered["capabilities"]["tools"].is_object());

    // After having asked, a client may still choose the older one.
    let result = client.initialize(INITIALIZED);
    assert_eq!(result["protocolVersion"], INITIALIZED);
    assert_eq!(result["serverInfo"]["name"], "fastwright");
    for capability in ["tools", "resources", "prompts", "completions"] {
        assert!(result["capabilities"][capability].is_object(), "{capability}");
    }
    let instructions = result["instructions"].as_str().unwrap();
    assert!(instructions.contains("check_project") && instructions.len() < 700, "{instructions}");
    // A revision that nobody knows is answered with the last one of its kind.
    let mut other = Client::start(project.path(), &[]);
    assert_eq!(other.initialize("2031-01-01")["protocolVersion"], INITIALIZED);
    assert!(client.close().1.success() && other.close().1.success());
}

/// Arguments with which each tool has something to say about the example.
fn arguments(tool: &str, finding: &str) -> Json {
    match tool {
        "check_project" => json!({ "limit": 3 }),
        "get_route" => json!({ "route": "GET /api/v1/orders/{order_id}/invoice" }),
        "get_finding" => json!({ "finding": finding }),
        "explain_rule" => json!({ "rule": "missing-ownership-check" }),
        "diff_contract" => json!({ "old": "HEAD" }),
        _ => json!({}),
    }
}

#[test]
fn every_tool_is_described_and_answers() {
    let project = Project::new();
    for revision in REVISIONS {
        let mut client = Client::open(project.path(), revision, &[]);
        let list = client.request("tools/list", json!({})).unwrap();
        assert_eq!(list["resultType"].is_null(), revision == INITIALIZED);
        let tools = list["tools"].as_array().unwrap().clone();
        let names: Vec<&str> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
        assert_eq!(names.len(), 9);
        assert!(!names.contains(&"apply_fix"));
        let first = client.call("check_project", json!({ "limit": 1 }));
        let finding = first["structuredContent"]["findings"][0]["id"].as_str().unwrap().to_owned();
        for tool in &tools {
            let name = tool["name"].as_str().unwrap();
            assert!(
                !tool["title"].as_str().unwrap().is_empty()
                    && !tool["description"].as_str().unwrap().is_empty()
            );
            let hints = &tool["annotations"];
            assert_eq!(hints["readOnlyHint"], true);
            assert_eq!(hints["destructiveHint"], false);
            assert_eq!(hints["idempotentHint"], true);
            assert_eq!(hints["openWorldHint"], false);
            assert_eq!(tool["inputSchema"]["type"], "object");
            let arguments = arguments(name, &finding);
            assert!(jsonschema::is_valid(&tool["inputSchema"], &arguments), "{name}");
            let result = client.call(name, arguments);
            assert_ne!(result["isError"], true, "{name}: {result}");
            let answer = &result["structuredContent"];
            assert!(jsonschema::is_valid(&tool["outputSchema"], answer), "{name}: {answer}");
            // Clients that know only text get the same.
            let text = result["content"][0]["text"].as_str().unwrap();
            assert_eq!(&serde_json::from_str::<Json>(text).unwrap(), answer, "{name}");
        }
        let invoice = client.call("get_route", arguments("get_route", ""));
        assert_eq!(invoice["structuredContent"]["guard"]["auth"], "required");
        assert!(client.close().1.success());
    }
}

#[test]
fn wrong_questions_get_words_that_help() {
    let project = Project::new();
    for revision in REVISIONS {
        let mut client = Client::open(project.path(), revision, &[]);
        for (tool, arguments, hint) in [
            ("check_project", json!({ "severity": "awful" }), "critical"),
            ("check_project", json!({ "colour": "red" }), "colour"),
            ("check_project", json!({ "limit": "many" }), "limit"),
            ("get_route", json!({}), "route"),
            ("get_route", json!({ "route": "GET /invoice" }), "invoice"),
            ("get_finding", json!({ "finding": "0123456789ab" }), "check_project"),
            ("explain_rule", json!({ "rule": "missing-ownership" }), "missing-ownership-check"),
            ("diff_contract", json!({ "old": "no-such-branch" }), "no-such-branch"),
            ("list_routes", json!({ "cursor": "17" }), "next_cursor"),
        ] {
            let result = client.call(tool, arguments);
            assert_eq!(result["isError"], true, "{tool}: {result}");
            let text = result["content"][0]["text"].as_str().unwrap();
            assert!(text.contains(hint), "{tool}: {text}");
        }
        for tool in ["no_such_tool", "apply_fix", ""] {
            let error = client.request("tools/call", json!({ "name": tool, "arguments": {} })).unwrap_err();
            assert_eq!(error["code"], -32602, "{error}");
        }
        let error = client.request("tools/list", json!({ "cursor": "p999" })).unwrap_err();
        assert_eq!(error["code"], -32602);
        let error = client.request("no/such/method", json!({})).unwrap_err();
        assert_eq!(error["code"], -32601);
        // The server is as well as before.
        assert_ne!(client.call("list_routes", json!({}))["isError"], true);
    }
}

#[test]
fn progress_is_told_to_those_who_ask_for_it() {
    let project = Project::new();
    for revision in REVISIONS {
        let mut client = Client::open(project.path(), revision, &[]);
        client.call("list_routes", json!({}));
        assert!(client.notifications.is_empty(), "{:?}", client.notifications);
        let params = json!({ "name": "review_changes", "arguments": {}, "_meta": { "progressToken": "t1" } });
        client.request("tools/call", params).unwrap();
        let steps = std::mem::take(&mut client.notifications);
        assert!(steps.len() > 1);
        let mut last = 0.0;
        for step in steps {
            assert_eq!(step["method"], "notifications/progress");
            assert_eq!(step["params"]["progressToken"], "t1");
            let progress = step["params"]["progress"].as_f64().unwrap();
            assert!(progress > last && !step["params"]["message"].as_str().unwrap().is_empty());
            last = progress;
        }
        // Everything was said before the answer.
        client.call("explain_rule", json!({}));
        assert!(client.notifications.is_empty());
    }
}

#[test]
fn a_cancelled_question_is_not_answered() {
    let project = Project::new();
    for revision in REVISIONS {
        let mut client = Client::open(project.path(), revision, &[]);
        let ask = |client: &mut Client, tool: &str| {
            client.message("tools/call", json!({ "name": tool, "arguments": {} }))
        };
        let (first, first_message) = ask(&mut client, "check_project");
        let (second, second_message) = ask(&mut client, "list_routes");
        let (third, third_message) = ask(&mut client, "explain_rule");
        let cancel = json!({
            "jsonrpc": "2.0",
            "method": "notifications/cancelled",
            "params": { "requestId": second, "reason": "not needed" },
        });
        // The first one takes long enough: the second waits when it is cancelled.
        client.write(format!("{first_message}\n{second_message}\n{cancel}\n{third_message}\n").as_bytes());
        assert!(client.answer(first).is_ok());
        // An answer to the second would be refused here.
        assert!(client.answer(third).is_ok());
        let (rest, status) = client.close();
        assert!(rest.is_empty() && status.success(), "{rest:?}");
    }
}

#[test]
fn resources_are_listed_in_pages_and_read() {
    let project = Project::new();
    for revision in REVISIONS {
        let mut client = Client::open(project.path(), revision, &[]);
        let (mut uris, mut cursor) = (Vec::new(), Json::Null);
        let mut pages = 0;
        loop {
            let params = if cursor.is_null() { json!({}) } else { json!({ "cursor": cursor }) };
            let mut page = client.request("resources/list", params).unwrap();
            pages += 1;
            for resource in page["resources"].as_array().unwrap() {
                uris.push(resource["uri"].as_str().unwrap().to_owned());
            }
            cursor = page["nextCursor"].take();
            if cursor.is_null() {
                break;
            }
        }
        assert!(pages > 2 && uris.len() > 100, "{pages} pages, {} resources", uris.len());
        let mut sorted = uris.clone();
        sorted.sort();
        sorted.dedup();
        assert_eq!(sorted.len(), uris.len());

        let mut read = |uri: &str| {
            let mut result = client.request("resources/read", json!({ "uri": uri }))?;
            assert_eq!(result["contents"][0]["uri"], uri);
            let kind = result["contents"][0]["mimeType"].as_str().unwrap().to_owned();
            let Json::String(text) = result["contents"][0]["text"].take() else { panic!("no text") };
            Ok::<_, Json>((kind, text))
        };
        let (kind, page) = read("fastwright://rules/missing-ownership-check").unwrap();
        assert!(
            kind == "text/markdown"
                && page.contains("missing-ownership-check")
                && !page.contains("# expect:")
        );
        let (kind, routes) = read("fastwright://routes").unwrap();
        let routes: Json = serde_json::from_str(&routes).unwrap();
        assert_eq!(kind, "application/json");
        assert_eq!(routes["routes"].as_array().unwrap().len(), 31);
        let (_, route) = read("fastwright://routes/GET%20%2Fapi%2Fv1%2Fbooks").unwrap();
        assert!(route.contains("\"auth\":\"optional\""), "{route}");
        for missing in [
            "fastwright://rules/no-such-rule",
            "fastwright://routes/GET%20%2Fnowhere",
            "fastwright://nothing",
            "file:///etc/passwd",
            "fastwright://rules/../../../etc/passwd",
            "",
        ] {
            let error = read(missing).unwrap_err();
            assert_eq!(error["code"], if revision == INITIALIZED { -32002 } else { -32602 }, "{missing}");
        }
        let templates = client.request("resources/templates/list", json!({})).unwrap();
        assert_eq!(templates["resourceTemplates"].as_array().unwrap().len(), 3);
    }
}

#[test]
fn prompts_are_filled_in_and_completed() {
    let project = Project::new();
    for revision in REVISIONS {
        let mut client = Client::open(project.path(), revision, &[]);
        let list = client.request("prompts/list", json!({})).unwrap();
        let names: Vec<&str> = list["prompts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|prompt| prompt["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, ["review_for_production", "secure_routes", "explain_route", "check_my_change"]);
        let params = json!({ "name": "explain_route", "arguments": { "route": "GET /api/v1/books" } });
        let prompt = client.request("prompts/get", params).unwrap();
        let text = prompt["messages"][0]["content"]["text"].as_str().unwrap();
        assert!(text.contains("GET /api/v1/books") && text.contains("get_route"), "{text}");
        for wrong in [json!({ "name": "explain_route" }), json!({ "name": "sing" })] {
            assert_eq!(client.request("prompts/get", wrong).unwrap_err()["code"], -32602);
        }
        let mut complete = |reference: Json, argument: &str, value: &str| {
            let params = json!({ "ref": reference, "argument": { "name": argument, "value": value } });
            let result = client.request("completion/complete", params)?;
            let values = result["completion"]["values"].as_array().unwrap().iter();
            Ok::<_, Json>(values.map(|value| value.as_str().unwrap().to_owned()).collect::<Vec<_>>())
        };
        let prompt = json!({ "type": "ref/prompt", "name": "explain_route" });
        let routes = complete(prompt.clone(), "route", "get /api/v1/orders").unwrap();
        assert!(
            routes.len() > 1 && routes.iter().all(|route| route.starts_with("GET /api/v1/orders")),
            "{routes:?}"
        );
        assert!(complete(prompt, "route", "nothing like it").unwrap().is_empty());
        let template = json!({ "type": "ref/resource", "uri": "fastwright://rules/{rule}" });
        let rules = complete(template, "rule", "missing-own").unwrap();
        assert_eq!(rules, ["missing-ownership-check"]);
        let unknown = json!({ "type": "ref/prompt", "name": "sing" });
        assert!(complete(unknown, "route", "").is_err());
    }
}

#[test]
fn answers_rest_on_the_files_as_they_are() {
    let project = Project::new();
    let mut client = Client::open(project.path(), STATELESS, &[]);
    let total = |client: &mut Client| {
        client.call("list_routes", json!({ "limit": 1 }))["structuredContent"]["total"].as_u64().unwrap()
    };
    let before = total(&mut client);
    let file = project.path().join("src/bookshop/routers/books.py");
    let mut text = std::fs::read_to_string(&file).unwrap();
    text.push_str("\n\n@router.get('/extra')\nasync def extra() -> None: ...\n");
    std::fs::write(&file, text).unwrap();
    assert_eq!(total(&mut client), before + 1);
}
