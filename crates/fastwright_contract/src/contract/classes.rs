//! What classes run by themselves: validators, serializers, properties, special methods. Handlers that use
//! such a class depend on it without calling anything.

use super::behaviours::Behaviours;
use super::document::{ClassContract, Piece};
use crate::business::{DigestText, Forms};
use crate::types::generic_arguments;
use fastwright_model::assemble::qualified;
use fastwright_model::registry::Registry;
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::value::*;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Options of a field that change what is accepted or given, and that no schema shows.
const SILENT_OPTIONS: &[&str] = &[
    "default_factory",
    "exclude",
    "exclude_if",
    "validate_default",
    "strict",
    "coerce_numbers_to_str",
    "union_mode",
    "validation_alias",
    "init",
];

/// Attributes of a class that configure it.
const CONFIGURATION: &[&str] = &["model_config", "__table_args__", "__mapper_args__"];

/// Classes in each other that are followed for one route.
const MOST_CLASSES: usize = 400;

/// Classes that were asked about.
#[derive(Default)]
pub(crate) struct Classes {
    known: FxHashMap<ObjectId, Option<String>>,
    fields: FxHashMap<ObjectId, Rc<[ObjectId]>>,
    found: BTreeMap<String, ClassContract>,
}

impl Classes {
    /// The names of the classes in [`super::document::Contract::classes`] that matter where these are used.
    pub(crate) fn of(
        &mut self,
        forms: &mut Forms<'_, '_>,
        behaviours: &mut Behaviours<'_>,
        used: &[ObjectId],
    ) -> Vec<String> {
        let mut all: Vec<ObjectId> = Vec::new();
        let mut open: Vec<ObjectId> = used.to_vec();
        while let Some(class) = open.pop() {
            if all.contains(&class) || all.len() > MOST_CLASSES {
                continue;
            }
            all.push(class);
            open.extend(self.related(forms, class).iter());
        }
        let mut names: Vec<String> =
            all.into_iter().filter_map(|class| self.describe(forms, behaviours, class)).collect();
        names.sort();
        names.dedup();
        names
    }

    /// The fingerprint of a class by its name.
    pub(crate) fn fingerprint(&self, name: &str) -> Option<&str> {
        self.found.get(name).map(|class| class.fingerprint.as_str())
    }

    pub(crate) fn into_map(self) -> BTreeMap<String, ClassContract> {
        self.found
    }

    /// Bases of a class, and the classes of its fields.
    fn related(&mut self, forms: &mut Forms<'_, '_>, class: ObjectId) -> Rc<[ObjectId]> {
        if let Some(known) = self.fields.get(&class) {
            return Rc::clone(known);
        }
        let interpreter = forms.interpreter();
        let mut found: Vec<ObjectId> = Vec::new();
        if let Some(object) = interpreter.class(class) {
            let bases: Vec<Value> = object.mro.to_vec();
            let annotations: Vec<Annotation> =
                object.annotations.values().map(|(annotation, _)| annotation.clone()).collect();
            classes_in(&bases, &mut found);
            for annotation in annotations {
                let annotation = interpreter.evaluate_annotation(&annotation);
                classes_in(&[annotation], &mut found);
            }
        }
        let found: Rc<[ObjectId]> = found.into();
        self.fields.insert(class, Rc::clone(&found));
        found
    }

    /// What a class runs by itself; nothing where it runs nothing.
    fn describe(
        &mut self,
        forms: &mut Forms<'_, '_>,
        behaviours: &mut Behaviours<'_>,
        class: ObjectId,
    ) -> Option<String> {
        if let Some(known) = self.known.get(&class) {
            return known.clone();
        }
        self.known.insert(class, None);
        let object = forms.interpreter().class(class)?;
        let location = object.location;
        let attributes: Vec<(Name, Value)> =
            object.attributes.iter().map(|(name, value)| (*name, value.clone())).collect();
        let annotated: Vec<Name> = object.annotations.keys().copied().collect();
        let places: FxHashMap<Name, Location> =
            object.assignments.iter().map(|(name, place)| (*name, *place)).collect();
        let mut parts = Vec::new();
        for (name, value) in attributes {
            let part = match forms.interpreter().plain_function(&value) {
                Some(function) => method(forms, behaviours, class, name, &value, &function),
                None => {
                    let at = places.get(&name).copied().unwrap_or(location);
                    attribute(forms, behaviours, name, &value, annotated.contains(&name), at)
                }
            };
            parts.extend(part);
        }
        if parts.is_empty() {
            return None;
        }
        let mut digest = DigestText::new("class");
        parts.iter().for_each(|part| digest.add(&part.fingerprint));
        let name = qualified(forms.interpreter(), &Kind::Class(class).into());
        self.known.insert(class, Some(name.clone()));
        let contract = ClassContract { at: behaviours.at(location), fingerprint: digest.finish(), parts };
        self.found.insert(name.clone(), contract);
        Some(name)
    }
}

/// A method that runs without being called by its name.
fn method(
    forms: &mut Forms<'_, '_>,
    behaviours: &mut Behaviours<'_>,
    class: ObjectId,
    name: Name,
    value: &Value,
    function: &Rc<FunctionValue>,
) -> Option<Piece> {
    let is_special = name.starts_with("__") && name.ends_with("__") || name == "model_post_init";
    let is_property = matches!(value.kind(), Kind::Descriptor(descriptor)
        if matches!(descriptor.kind, DescriptorKind::Property));
    let interpreter = forms.interpreter();
    let decorations: Vec<(Name, Arguments)> = interpreter
        .extension::<Registry>()
        .decorations
        .get(&function.serial)
        .map(|known| known.iter().map(|entry| (entry.name, entry.arguments.clone())).collect())
        .unwrap_or_default();
    let written = function.definition.decorators.iter().filter_map(|decorator| {
        let name = fastwright_model::analysis::callee_text(decorator)?;
        let last = name.rsplit('.').next().unwrap_or(&name).to_owned();
        (!matches!(last.as_str(), "classmethod" | "staticmethod" | "property" | "cached_property"))
            .then_some(last)
    });
    let written: Vec<String> = written.collect();
    if !(is_special || is_property) && decorations.is_empty() && written.is_empty() {
        return None;
    }
    let form = forms.of_function(function, Some(class));
    let mut digest = DigestText::new("method");
    digest.add(&form.digest.text());
    // What reads it knows the name of a property; nobody knows that of a validator.
    if is_special || is_property {
        digest.add(name.as_str());
    }
    written.iter().for_each(|decorator| digest.add(decorator));
    for (decorator, arguments) in &decorations {
        digest.add(decorator.as_str());
        for argument in &arguments.positional {
            digest.add(&forms.of_value(argument).text());
        }
        for (keyword, argument) in &arguments.keywords {
            digest.add(keyword.as_str());
            digest.add(&forms.of_value(argument).text());
        }
    }
    let location = Location { file: function.id.file, span: function.definition.name_span };
    Some(Piece {
        name: name.to_string(),
        fingerprint: digest.finish(),
        behaviour: Some(behaviours.keep(&form)),
        at: behaviours.at(location),
    })
}

/// An attribute that decides what the class does, and that no schema and no table shows.
fn attribute(
    forms: &mut Forms<'_, '_>,
    behaviours: &Behaviours<'_>,
    name: Name,
    value: &Value,
    is_field: bool,
    location: Location,
) -> Option<Piece> {
    let mut digest = DigestText::new("attribute");
    digest.add(name.as_str());
    if CONFIGURATION.contains(&name.as_str()) {
        digest.add(&forms.of_value(value).text());
    } else {
        let Some(Symbolic::Call { callee, arguments, .. }) = value.as_symbolic().filter(|_| is_field) else {
            return None;
        };
        if callee.as_external().is_none_or(|callee| callee.rsplit('.').next() != Some("Field")) {
            return None;
        }
        let mut found = false;
        for (keyword, argument) in &Arguments::clone(arguments).keywords {
            if SILENT_OPTIONS.contains(&keyword.as_str()) {
                found = true;
                digest.add(keyword.as_str());
                digest.add(&forms.of_value(argument).text());
            }
        }
        if !found {
            return None;
        }
    }
    Some(Piece {
        name: name.to_string(),
        fingerprint: digest.finish(),
        behaviour: None,
        at: behaviours.at(location),
    })
}

/// Classes of the program that values and types name.
pub(crate) fn classes_in(values: &[Value], found: &mut Vec<ObjectId>) {
    let mut open: Vec<Value> = values.to_vec();
    let mut steps = 0;
    while let Some(value) = open.pop() {
        steps += 1;
        if steps > 2_000 {
            return;
        }
        if let Kind::Class(class) = *value.kind() {
            if !found.contains(&class) {
                found.push(class);
            }
            continue;
        }
        open.extend(generic_arguments(&value));
    }
}
