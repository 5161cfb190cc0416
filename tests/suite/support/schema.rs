//! The JSON schemas of the reports, in `tests/fixtures/schemas`.

use std::fs;
use std::path::Path;

use jsonschema::Validator;
use serde_json::Value;

/// The schema of the reports of one kind, such as `fetch` or `backup-list`.
pub struct Schema {
    name: &'static str,
    validator: Validator,
}

impl Schema {
    pub fn of(name: &'static str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/fixtures/schemas")
            .join(name)
            .with_extension("schema.json");
        let text =
            fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let schema: Value = serde_json::from_str(&text).unwrap();
        Self {
            name,
            validator: jsonschema::validator_for(&schema).unwrap(),
        }
    }

    pub fn accepts(&self, report: &Value) -> bool {
        self.validator.is_valid(report)
    }

    /// Asserts that the report fits, and says where it does not.
    #[track_caller]
    pub fn expect_valid(&self, report: &Value) {
        let errors: Vec<String> = self
            .validator
            .iter_errors(report)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{}: {errors:#?}\n{report:#}", self.name);
    }
}
