//! Reading JSON whose shape may differ from what is expected: field by field, row by row, and whatever does not fit is named.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::backend::BackendError;

/// What could not be read, for people.
pub(super) type Problems = Vec<String>;

/// Reads `T`, or, when some field has another shape than expected, all fields that have not, and says which were left out.
pub(super) fn read<T: DeserializeOwned + Default>(
    bytes: &[u8],
    problems: &mut Problems,
) -> Result<T, BackendError> {
    if let Ok(value) = serde_json::from_slice(bytes) {
        return Ok(value);
    }
    let value: Value = serde_json::from_slice(bytes)
        .map_err(|error| BackendError::Malformed(error.to_string()))?;
    Ok(lenient(value, "answer", problems))
}

/// Field by field: what fits is taken, what does not is named.
pub(super) fn lenient<T: DeserializeOwned + Default>(
    value: Value,
    what: &str,
    problems: &mut Problems,
) -> T {
    let Value::Object(fields) = value else {
        problems.push(format!(
            "{what}: expected an object, found {}",
            kind(&value)
        ));
        return T::default();
    };
    let mut kept = Map::new();
    for (name, field) in fields {
        if field.is_null() {
            continue;
        }
        let alone = Value::Object(Map::from_iter([(name.clone(), field.clone())]));
        match T::deserialize(&alone) {
            Ok(_) => {
                kept.insert(name, field);
            }
            // A number or a truth value where a text is due says the same as a text.
            Err(_)
                if (field.is_number() || field.is_boolean())
                    && fits::<T>(&name, &field.to_string()) =>
            {
                kept.insert(name, Value::String(field.to_string()));
            }
            Err(error) => problems.push(format!("{what}.{name}: {error}")),
        }
    }
    T::deserialize(&Value::Object(kept)).unwrap_or_default()
}

fn fits<T: DeserializeOwned>(name: &str, text: &str) -> bool {
    T::deserialize(&Value::Object(Map::from_iter([(
        name.to_string(),
        Value::String(text.to_string()),
    )])))
    .is_ok()
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// The rows of a list field, each read on its own, when the list as a whole does not fit.
fn rows<T: DeserializeOwned + Default>(
    bytes: &[u8],
    field: &str,
    problems: &mut Problems,
) -> Option<Vec<T>> {
    let value: Value = serde_json::from_slice(bytes).ok()?;
    let rows = value.get(field)?.as_array()?;
    let read = |(index, row): (usize, &Value)| {
        lenient(row.clone(), &format!("{field}[{index}]"), problems)
    };
    Some(rows.iter().enumerate().map(read).collect())
}

/// Reads a list's envelope strictly first, because that is fast; then row by row.
pub(super) fn read_list<T, R>(
    bytes: &[u8],
    field: &str,
    problems: &mut Problems,
    put: impl FnOnce(&mut T, Vec<R>),
) -> Result<T, BackendError>
where
    T: DeserializeOwned + Default,
    R: DeserializeOwned + Default,
{
    if let Ok(value) = serde_json::from_slice(bytes) {
        return Ok(value);
    }
    let mut found = Problems::new();
    let mut list: T = read(bytes, &mut found)?;
    match rows(bytes, field, problems) {
        Some(rows) => put(&mut list, rows),
        None => problems.append(&mut found),
    }
    Ok(list)
}
