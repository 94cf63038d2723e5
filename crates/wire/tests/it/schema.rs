//! As much of JSON Schema (draft 2020-12) as our documents use. Stricter in two things: a keyword that
//! is not known here is an error, and so is a field that no schema names.

use std::collections::BTreeSet;

use regex_lite::Regex;
use serde_json::Value;

/// A document whose schemas refer to one another.
pub(crate) struct Document(pub(crate) Value);

/// Which fields of an object the schemas speak of; `None` = any.
type Named = Option<BTreeSet<String>>;

impl Document {
    pub(crate) fn read(text: &str) -> Self {
        Self(serde_json::from_str(text).unwrap())
    }

    /// What stands at a path like `/components/schemas`.
    pub(crate) fn at(&self, path: &str) -> &Value {
        self.0.pointer(path).unwrap_or_else(|| panic!("{path} is not there"))
    }

    /// What a reference stands for; what is none stands for itself.
    pub(crate) fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value.get("$ref").and_then(Value::as_str) {
            Some(path) => self.resolve(self.at(path.strip_prefix('#').expect("of this document"))),
            None => value,
        }
    }

    /// Whether a value is as the schema says.
    ///
    /// # Errors
    /// Where it is not, and why.
    pub(crate) fn check(&self, schema: &Value, value: &Value) -> Result<(), String> {
        self.visit(schema, value).map_err(|why| format!("{why}\nin {value}"))
    }

    fn visit(&self, schema: &Value, value: &Value) -> Result<(), String> {
        let named = self.apply(schema, value)?;
        if let (Some(named), Some(fields)) = (named, value.as_object()) {
            for name in fields.keys() {
                ensure(named.contains(name), || format!("no schema names the field `{name}`"))?;
            }
        }
        Ok(())
    }

    fn apply(&self, schema: &Value, value: &Value) -> Result<Named, String> {
        let mut named = Some(BTreeSet::new());
        let rules = schema.as_object().ok_or_else(|| format!("{schema} is no schema"))?;
        if rules.get("type") == Some(&"object".into()) && !rules.contains_key("properties") {
            return Ok(None);
        }
        for (keyword, rule) in rules {
            let more = match keyword.as_str() {
                "$ref" => self.apply(self.resolve(schema), value)?,
                "allOf" => {
                    for each in list(rule) {
                        merge(&mut named, self.apply(each, value)?);
                    }
                    continue;
                }
                "oneOf" => self.one_of(rule, value)?,
                "not" => {
                    let is_not = self.apply(rule, value).is_err();
                    ensure(is_not, || format!("it is what it must not be: {rule}"))?;
                    continue;
                }
                "properties" => self.properties(rule, value)?,
                "items" => {
                    list(value).iter().try_for_each(|item| self.visit(rule, item))?;
                    continue;
                }
                other => {
                    simple(other, rule, value)?;
                    continue;
                }
            };
            merge(&mut named, more);
        }
        Ok(named)
    }

    fn one_of(&self, rule: &Value, value: &Value) -> Result<Named, String> {
        let tried: Vec<_> = list(rule).iter().map(|each| self.apply(each, value)).collect();
        let whys: Vec<_> = tried.iter().filter_map(|tried| tried.as_ref().err().cloned()).collect();
        let mut fits = tried.into_iter().filter_map(Result::ok);
        match (fits.next(), fits.next()) {
            (Some(named), None) => Ok(named),
            (None, _) => Err(format!("none of the schemas fits:\n{}", whys.join("\n"))),
            (Some(_), Some(_)) => Err(format!("more than one of the schemas fits: {rule}")),
        }
    }

    fn properties(&self, rule: &Value, value: &Value) -> Result<Named, String> {
        let mut named = BTreeSet::new();
        for (name, schema) in rule.as_object().expect("properties are an object") {
            named.insert(name.clone());
            if let Some(value) = value.get(name) {
                self.visit(schema, value).map_err(|why| format!("`{name}`: {why}"))?;
            }
        }
        Ok(Some(named))
    }
}

/// A keyword that looks at the value alone.
fn simple(keyword: &str, rule: &Value, value: &Value) -> Result<(), String> {
    let chars = || value.as_str().map(|text| text.chars().count() as f64);
    let items = || value.as_array().map(|items| items.len() as f64);
    let bound = rule.as_f64();
    let least = |of: Option<f64>| of.is_none_or(|of| bound.is_some_and(|bound| of >= bound));
    let most = |of: Option<f64>| of.is_none_or(|of| bound.is_some_and(|bound| of <= bound));
    let fits = match keyword {
        "type" if rule.is_array() => list(rule).iter().any(|rule| is_of(rule, value)),
        "type" => is_of(rule, value),
        "const" => rule == value,
        "enum" => list(rule).contains(value),
        "required" => list(rule).iter().all(|name| {
            value.is_object() && name.as_str().is_some_and(|name| value.get(name).is_some())
        }),
        "minimum" => least(value.as_f64()),
        "maximum" => most(value.as_f64()),
        "minLength" => least(chars()),
        "maxLength" => most(chars()),
        "minItems" => least(items()),
        "maxItems" => most(items()),
        "pattern" => {
            let pattern = Regex::new(rule.as_str().unwrap_or_default()).expect("a pattern");
            value.as_str().is_none_or(|text| pattern.is_match(text))
        }
        "description" | "title" | "default" | "example" => true,
        unknown => return Err(format!("the keyword {unknown} is not known to this test")),
    };
    ensure(fits, || format!("{value} is not as `{keyword}` says: {rule}"))
}

fn is_of(name: &Value, value: &Value) -> bool {
    match name.as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_u64() || value.is_i64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        Some("null") => value.is_null(),
        _ => false,
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn merge(named: &mut Named, more: Named) {
    match (named.as_mut(), more) {
        (Some(named), Some(more)) => named.extend(more),
        (_, None) => *named = None,
        (None, _) => {}
    }
}

fn ensure(fits: bool, why: impl FnOnce() -> String) -> Result<(), String> {
    if fits { Ok(()) } else { Err(why()) }
}
