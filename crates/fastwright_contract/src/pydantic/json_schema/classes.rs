//! What a class adds to its schema: title, description, whether more is allowed, `json_schema_extra`,
//! deprecation (`_update_class_schema`).

use super::{Generated, Generator, Node, Result, place_of};
use crate::json::{Json, JsonObject};
use crate::pydantic::config::ModelConfig;
use crate::pydantic::core_schema::{ClassIdentity, Shared};
use crate::versions::pydantic as since;
use fastwright_python::name::Name;
use fastwright_python::value::{Arguments, Kind, OrderedMap, Symbolic, Value};
use std::rc::Rc;

impl Generator<'_, '_, '_> {
    /// `model_schema`.
    pub(super) fn model(
        &mut self,
        class: &ClassIdentity,
        schema: &Shared,
        config: &Rc<ModelConfig>,
        root_extra: Option<&Value>,
    ) -> Result<Generated> {
        let mut generated = self.within(Some(config), |generator| generator.inner(Node::Schema(schema)))?;
        self.describe_class(&mut generated, class, config, root_extra)?;
        Ok(generated)
    }

    /// `dataclass_schema`.
    pub(super) fn dataclass(
        &mut self,
        class: &ClassIdentity,
        schema: &Shared,
        config: Option<&Rc<ModelConfig>>,
        extra_behavior: Option<&str>,
    ) -> Result<JsonObject> {
        let object = self.within(config, |generator| generator.inner_object(schema))?;
        let mut class_config = config.cloned().unwrap_or_default();
        let own = Name::from("extra");
        if let Some(extra) = extra_behavior
            && !class_config.values.contains_key(&own)
        {
            let mut values: OrderedMap<Name, Value> = class_config.values.clone();
            values.insert(own, Value::str(extra));
            class_config = Rc::new(ModelConfig { values });
        }
        let mut generated = Generated::Fresh(object);
        self.describe_class(&mut generated, class, &class_config, None)?;
        Ok(self.copied(generated))
    }

    /// `enum_schema`.
    pub(super) fn enumeration(&mut self, class: &ClassIdentity, members: &[Value]) -> JsonObject {
        let mut object = super::single("title", class.name.as_str());
        // The text that older versions of Python write themselves.
        if let Some(description) = &class.documentation
            && !description.is_empty()
            && description != "An enumeration."
        {
            object.insert("description".to_owned(), description.as_str().into());
        }
        let values = self.expected_values(members);
        if let Some(kind) = super::kinds::common_type(&values, false) {
            object.insert("type".to_owned(), kind.into());
        }
        if let [only] = values.as_slice()
            && self.before(since::CONST_OR_ENUM)
        {
            object.insert("const".to_owned(), only.clone());
        }
        object.insert("enum".to_owned(), values.into());
        object
    }

    /// `_update_class_schema`.
    pub(super) fn describe_class(
        &mut self,
        generated: &mut Generated,
        class: &ClassIdentity,
        config: &ModelConfig,
        root_extra: Option<&Value>,
    ) -> Result<()> {
        if !self.object(generated).contains_key("title") {
            let title = self.class_title(class, config);
            self.object_mut(generated).insert("title".to_owned(), title.into());
        }
        if let Some(description) = class.documentation.as_deref().filter(|text| !text.is_empty()) {
            let object = self.object_mut(generated);
            if !object.contains_key("description") {
                object.insert("description".to_owned(), description.into());
            }
        }
        if !self.object(generated).contains_key("additionalProperties")
            && let Some(extra) = config.get("extra")
        {
            match extra.as_str() {
                Some("allow") => {
                    self.object_mut(generated).insert("additionalProperties".to_owned(), true.into());
                }
                Some("forbid") => {
                    self.object_mut(generated).insert("additionalProperties".to_owned(), false.into());
                }
                Some(_) => {}
                None => self.context.doubt(
                    format!("`extra` of the configuration of `{}` is not known", class.name),
                    place_of(extra),
                ),
            }
        }
        let own = config.get("json_schema_extra");
        let extra = root_extra.filter(|extra| !extra.is_none()).or(own).cloned();
        if let Some(extra) = extra {
            self.add_class_extra(generated, &extra, class)?;
        }
        if self.is_deprecated(class) {
            self.object_mut(generated).insert("deprecated".to_owned(), true.into());
        }
        Ok(())
    }

    fn class_title(&mut self, class: &ClassIdentity, config: &ModelConfig) -> String {
        if let Some(title) = config.get("title") {
            if let Some(text) = title.as_str() {
                return text.to_owned();
            }
            self.context.doubt(format!("the title of `{}` is not known", class.name), place_of(title));
        } else if let Some(make) = config.get("model_title_generator") {
            let arguments = Arguments::of([class.class.clone()]);
            let made = self.context.interpreter.call_from_outside(make, arguments);
            if let Some(text) = made.ok().as_ref().and_then(Value::as_str) {
                return text.to_owned();
            }
            self.context.doubt(
                format!("what the title generator makes of `{}` is not known", class.name),
                place_of(make),
            );
        }
        class.name.clone()
    }

    /// `json_schema_extra` of a class: entries that are set over the others, or a function.
    fn add_class_extra(
        &mut self,
        generated: &mut Generated,
        extra: &Value,
        class: &ClassIdentity,
    ) -> Result<()> {
        if let Kind::Dict(_) = *extra.kind() {
            if let Some(Json::Object(entries)) = self.json(extra) {
                self.object_mut(generated).extend(entries);
            }
            return Ok(());
        }
        self.call_extra(generated, extra, Some(&class.class))
    }

    /// Whether `@deprecated` stands over the class or one that it derives from.
    fn is_deprecated(&self, class: &ClassIdentity) -> bool {
        let interpreter = &self.context.interpreter;
        interpreter.class_order(&class.class).iter().any(|owner| {
            let Kind::Class(id) = *owner.kind() else { return false };
            interpreter.class(id).is_some_and(|owner| {
                owner.decorators.iter().any(|decorator| {
                    matches!(decorator.as_symbolic(), Some(Symbolic::Call { callee, .. })
                    if callee.as_external().is_some_and(|name| {
                        matches!(name.as_str(), "typing_extensions.deprecated" | "warnings.deprecated")
                    }))
                })
            })
        })
    }
}
