//! Prompts: how a model works with the tools, for tasks that people ask for often.

use rmcp::ErrorData;
use rmcp::model::{GetPromptResult, JsonObject, Prompt, PromptArgument, PromptMessage, Role};

/// A prompt with at most one argument, which stands in its text as `{{argument}}`.
struct Text {
    name: &'static str,
    title: &'static str,
    description: &'static str,
    argument: Option<Argument>,
    text: &'static str,
}

struct Argument {
    name: &'static str,
    description: &'static str,
    /// What counts where it is not given; without it, it has to be.
    default: Option<&'static str>,
}

const PROMPTS: [Text; 4] = [
    Text {
        name: "review_for_production",
        title: "Review for production",
        description: "Whether the service is ready for production: what it does, what is wrong, with proof.",
        argument: None,
        text: include_str!("../../resources/prompts/review_for_production.md"),
    },
    Text {
        name: "secure_routes",
        title: "Secure the routes",
        description: "Who may call what, which of that is wrong, and what to do about it.",
        argument: Some(Argument {
            name: "path",
            description: "Only routes whose path has this part; `/` means all.",
            default: Some("/"),
        }),
        text: include_str!("../../resources/prompts/secure_routes.md"),
    },
    Text {
        name: "explain_route",
        title: "Explain a route",
        description: "What one route does, step by step, for somebody who has not seen the code.",
        argument: Some(Argument {
            name: "route",
            description: "Such as `GET /orders/{order_id}`, or a handler.",
            default: None,
        }),
        text: include_str!("../../resources/prompts/explain_route.md"),
    },
    Text {
        name: "check_my_change",
        title: "Check my change",
        description: "Whether the edits of the working tree are acceptable: what callers notice, what is new.",
        argument: Some(Argument {
            name: "base",
            description: "The git revision to compare with; `HEAD` when left out.",
            default: Some("HEAD"),
        }),
        text: include_str!("../../resources/prompts/check_my_change.md"),
    },
];

/// All prompts.
pub(super) fn list() -> Vec<Prompt> {
    let prompts = PROMPTS.iter();
    prompts
        .map(|prompt| {
            let argument = prompt.argument.as_ref().map(|argument| {
                PromptArgument::new(argument.name)
                    .with_description(argument.description)
                    .with_required(argument.default.is_none())
            });
            Prompt::new(prompt.name, Some(prompt.description), argument.map(|argument| vec![argument]))
                .with_title(prompt.title)
        })
        .collect()
}

/// Refuses what does not exist.
///
/// # Errors
/// When there is no prompt of this name.
pub(super) fn check_known(name: &str) -> Result<(), ErrorData> {
    find(name).map(|_| ())
}

fn find(name: &str) -> Result<&'static Text, ErrorData> {
    let found = PROMPTS.iter().find(|prompt| prompt.name == name);
    found.ok_or_else(|| ErrorData::invalid_params(format!("there is no prompt `{name}`"), None))
}

/// A prompt with its argument put in.
///
/// # Errors
/// When there is no such prompt, or its argument is missing or no text.
pub(super) fn get(name: &str, arguments: Option<&JsonObject>) -> Result<GetPromptResult, ErrorData> {
    let prompt = find(name)?;
    let mut text = prompt.text.trim_end().to_owned();
    if let Some(argument) = &prompt.argument {
        let given = match arguments.and_then(|arguments| arguments.get(argument.name)) {
            None => None,
            Some(value) => Some(value.as_str().ok_or_else(|| {
                ErrorData::invalid_params(format!("the argument `{}` has to be a text", argument.name), None)
            })?),
        };
        let value = given.filter(|text| !text.trim().is_empty()).or(argument.default).ok_or_else(|| {
            ErrorData::invalid_params(format!("`{name}` needs the argument `{}`", argument.name), None)
        })?;
        text = text.replace(&format!("{{{{{}}}}}", argument.name), value.trim());
    }
    let messages = vec![PromptMessage::new_text(Role::User, text)];
    Ok(GetPromptResult::new(messages).with_description(prompt.description))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use fastwright_tools::describe;
    use serde_json::json;

    /// Words in code marks that look like a tool.
    fn tools_in(text: &str) -> Vec<&str> {
        let words = text.split('`').skip(1).step_by(2);
        words
            .filter(|word| word.contains('_') && word.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
            .collect()
    }

    #[test]
    fn prompts_name_only_tools_that_exist_and_use_their_argument() {
        for prompt in &PROMPTS {
            let tools: Vec<&str> =
                tools_in(prompt.text).into_iter().filter(|&word| word != "order_id").collect();
            assert!(tools.len() > 1, "{}", prompt.name);
            for tool in tools {
                assert!(describe(tool).is_some(), "{}: {tool}", prompt.name);
            }
            match &prompt.argument {
                Some(argument) => {
                    let given = json!({ argument.name: "/some thing" });
                    let result = get(prompt.name, given.as_object()).unwrap();
                    let text = serde_json::to_string(&result).unwrap();
                    assert!(text.contains("/some thing") && !text.contains("{{"), "{text}");
                    assert_eq!(get(prompt.name, None).is_ok(), argument.default.is_some());
                    assert!(get(prompt.name, json!({ argument.name: 1 }).as_object()).is_err());
                }
                None => assert!(!prompt.text.contains("{{")),
            }
        }
        assert!(get("nothing", None).is_err());
    }
}
