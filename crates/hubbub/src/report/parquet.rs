//! A sheet as Parquet: a column each, of the one kind that all its values fit; any value may be missing.

use std::io::{Error, Result};
use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::Type;
use server::report::{Sheet, Value, text};

/// What all values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Integer,
    Real,
    Text,
    Bytes,
}

/// The whole file.
pub(super) fn parquet(sheet: &Sheet) -> Result<Vec<u8>> {
    written(sheet).map_err(|why| Error::other(format!("no Parquet can be made of it: {why}")))
}

fn written(sheet: &Sheet) -> std::result::Result<Vec<u8>, ParquetError> {
    let kinds: Vec<Kind> = (0..sheet.columns.len()).map(|at| kind(sheet, at)).collect();
    let columns = sheet.columns.iter().zip(&kinds);
    let fields = columns.map(|(name, kind)| field(name, *kind).map(Arc::new));
    let schema = Type::group_type_builder("report")
        .with_fields(fields.collect::<std::result::Result<_, _>>()?)
        .build()?;
    let properties = Arc::new(WriterProperties::builder().build());
    let mut file = SerializedFileWriter::new(Vec::new(), Arc::new(schema), properties)?;
    let mut rows = file.next_row_group()?;
    for (at, kind) in kinds.into_iter().enumerate() {
        let Some(mut column) = rows.next_column()? else { break };
        let values = sheet.rows.iter().map(|row| &row[at]);
        match kind {
            Kind::Integer => put::<Int64Type>(&mut column, values, |value| match value {
                Value::Integer(number) => Some(*number),
                Value::Null | Value::Real(_) | Value::Text(_) | Value::Bytes(_) => None,
            })?,
            Kind::Real => put::<DoubleType>(&mut column, values, real)?,
            Kind::Text => put::<ByteArrayType>(&mut column, values, |value| {
                (*value != Value::Null).then(|| ByteArray::from(text(value).into_bytes()))
            })?,
            Kind::Bytes => put::<ByteArrayType>(&mut column, values, |value| match value {
                Value::Bytes(bytes) => Some(ByteArray::from(bytes.clone())),
                Value::Null | Value::Integer(_) | Value::Real(_) | Value::Text(_) => None,
            })?,
        }
        column.close()?;
    }
    rows.close()?;
    file.into_inner()
}

/// Of a column of nothing but holes: integers. Of one of several kinds: reals if they are numbers, else text.
fn kind(sheet: &Sheet, at: usize) -> Kind {
    let kinds = sheet.rows.iter().filter_map(|row| match &row[at] {
        Value::Null => None,
        Value::Integer(_) => Some(Kind::Integer),
        Value::Real(_) => Some(Kind::Real),
        Value::Text(_) => Some(Kind::Text),
        Value::Bytes(_) => Some(Kind::Bytes),
    });
    let both = |one, other| match (one, other) {
        _ if one == other => one,
        (Kind::Integer | Kind::Real, Kind::Integer | Kind::Real) => Kind::Real,
        _ => Kind::Text,
    };
    kinds.reduce(both).unwrap_or(Kind::Integer)
}

fn field(name: &str, kind: Kind) -> std::result::Result<Type, ParquetError> {
    let (physical, logical) = match kind {
        Kind::Integer => (Physical::INT64, None),
        Kind::Real => (Physical::DOUBLE, None),
        Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Kind::Bytes => (Physical::BYTE_ARRAY, None),
    };
    let field = Type::primitive_type_builder(name, physical).with_logical_type(logical);
    field.with_repetition(Repetition::OPTIONAL).build()
}

#[expect(clippy::cast_precision_loss, reason = "an integer among reals is one of them")]
fn real(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(number) => Some(*number as f64),
        Value::Real(number) => Some(*number),
        Value::Null | Value::Text(_) | Value::Bytes(_) => None,
    }
}

/// Parquet keeps for each row whether there is a value, and the values that there are.
fn put<'a, D: DataType>(
    column: &mut SerializedColumnWriter<'_>,
    values: impl Iterator<Item = &'a Value>,
    of: impl Fn(&Value) -> Option<D::T>,
) -> std::result::Result<(), ParquetError> {
    let values: Vec<Option<D::T>> = values.map(of).collect();
    let levels: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
    let there: Vec<D::T> = values.into_iter().flatten().collect();
    column.typed::<D>().write_batch(&there, Some(&levels), None).map(drop)
}

#[cfg(test)]
mod tests;
