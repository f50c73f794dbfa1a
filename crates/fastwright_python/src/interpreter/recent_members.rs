//! Attributes of expressions: code takes the same ones again and again, and each is one expression then.

use crate::name::Name;
use crate::recent::Recent;
use crate::value::{Kind, Symbolic, Value};

/// Expressions `base.name` that were made lately, by what they were made of.
#[derive(Debug, Default)]
pub(super) struct RecentMembers(Recent<Made, 256>);

#[derive(Debug)]
struct Made {
    base: Value,
    name: Name,
    member: Value,
}

impl RecentMembers {
    /// `base.name`. It is the same expression as before only where `base` is.
    pub(super) fn member(&mut self, base: &Value, name: Name) -> Value {
        let make = || Value::symbolic(Symbolic::Member { base: base.clone(), name });
        let Kind::Symbolic(expression) = base.kind() else { return make() };
        let place = self.0.place_of(&**expression, name.precomputed_hash());
        if let Some(made) = place
            && made.name == name
            && made.base.configurable() == base.configurable()
            && matches!(made.base.kind(), Kind::Symbolic(known) if known.is(expression))
        {
            return made.member.clone();
        }
        let member = make();
        *place = Some(Made { base: base.clone(), name, member: member.clone() });
        member
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::location::{FileId, Location, Span};
    use crate::value::Arguments;

    #[test]
    fn what_was_made_lately_is_one_expression() {
        let site = Location { file: FileId(0), span: Span::default() };
        let made = || Value::call(Value::external("library.make"), Arguments::default(), site);
        let (one, other) = (made(), made());
        let mut members = RecentMembers::default();
        let first = members.member(&one, Name::from("id"));
        let is = |member: &Value, base: &Value, name: &str| {
            matches!(
                member.as_symbolic(),
                Some(Symbolic::Member { base: own, name: known }) if own.same(base) && *known == name
            )
        };
        let address = |value: &Value| value.as_symbolic().map(std::ptr::from_ref);
        assert!(is(&first, &one, "id"));
        assert_eq!(address(&first), address(&members.member(&one, Name::from("id"))));
        assert!(is(&members.member(&one, Name::from("name")), &one, "name"));
        assert_ne!(address(&first), address(&members.member(&other, Name::from("id"))));
        // What rests on a setting is not what does not.
        let setting = std::num::NonZeroU32::new(1).map(crate::value::ConfigurableId);
        let rests = members.member(&one.clone().with_configurable(setting), Name::from("id"));
        assert!(
            matches!(rests.as_symbolic(), Some(Symbolic::Member { base, .. }) if base.configurable() == setting)
        );
        // However many there are, each is what it says.
        for number in 0..2_000 {
            let name = format!("field_{number}");
            assert!(is(&members.member(&one, Name::new(&name)), &one, &name));
        }
    }
}
