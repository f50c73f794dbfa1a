//! What the configuration of a model says: `model_config`, keywords of the class statement.

use fastwright_python::interpreter::Interpreter;
use fastwright_python::name::Name;
use fastwright_python::value::*;

/// What a model does with fields that it does not declare: `allow`, `forbid` or `ignore`; none where that is
/// not known. The nearest class that says something decides.
pub fn extra_fields(interpreter: &mut Interpreter<'_>, model: &Value) -> Option<String> {
    for owner in interpreter.class_order(model).to_vec() {
        let Kind::Class(id) = *owner.kind() else { continue };
        let class = interpreter.class(id)?;
        let said = class.keywords.iter().find(|(name, _)| *name == "extra").map(|(_, value)| value.clone());
        let config = class.attributes.get(&Name::from("model_config")).cloned();
        let old = class.attributes.get(&Name::from("Config")).map(Value::kind);
        let said = match (said, config, old) {
            (Some(said), ..) => Some(said),
            (None, Some(config), _) => {
                let entries = interpreter.entries(&config)?;
                entries.into_iter().find(|(name, _)| *name == "extra").map(|(_, value)| value)
            }
            (None, None, Some(Kind::Class(old))) => {
                interpreter.class(*old)?.attributes.get(&Name::from("extra")).cloned()
            }
            _ => None,
        };
        if let Some(said) = said {
            return match said.as_str() {
                Some(text) => Some(text.to_owned()),
                // `Extra.allow` of Pydantic 1.
                None => Some(said.as_external()?.last_part().to_owned()),
            };
        }
    }
    Some("ignore".to_owned())
}
