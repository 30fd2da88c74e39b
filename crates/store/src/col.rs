//! Typed columns: the one place where `core` types meet SeaORM.

use std::fmt;

use sea_orm::sea_query::{self, ArrayType, ColumnType, Nullable, Value, ValueType, ValueTypeErr};
use sea_orm::{
    ActiveValue, ColIdx, DbErr, IntoActiveValue, QueryResult, TryFromU64, TryGetError, TryGetable,
};
use throughline_core::id::{Id, Ref};
use throughline_core::time::At;
use uuid::Uuid;

/// A `core` type with its stored form.
pub trait Stored: Sized + Clone {
    /// What the database holds.
    type Raw: Into<Value> + TryGetable + ValueType + Nullable;
    /// To the stored form.
    fn raw(self) -> Self::Raw;
    /// From the stored form; `None` when it is not one of ours.
    fn back(raw: Self::Raw) -> Option<Self>;
}

impl<T> Stored for Id<T> {
    type Raw = Uuid;
    fn raw(self) -> Uuid {
        self.uuid()
    }
    fn back(raw: Uuid) -> Option<Self> {
        Some(Self::from_uuid(raw))
    }
}

impl Stored for At {
    type Raw = i64;
    fn raw(self) -> i64 {
        self.micros()
    }
    fn back(raw: i64) -> Option<Self> {
        Self::from_micros(raw)
    }
}

impl Stored for Ref {
    type Raw = String;
    fn raw(self) -> String {
        self.to_string()
    }
    fn back(raw: String) -> Option<Self> {
        raw.parse().ok()
    }
}

/// A column that holds a `core` type. Text in the database that is not one is an error, not a panic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Col<T>(pub T);

impl<T: Stored> From<Col<T>> for Value {
    fn from(col: Col<T>) -> Self {
        col.0.raw().into()
    }
}

impl<T: Stored> TryGetable for Col<T> {
    fn try_get_by<I: ColIdx>(res: &QueryResult, index: I) -> Result<Self, TryGetError> {
        let raw = T::Raw::try_get_by(res, index)?;
        T::back(raw)
            .map(Col)
            .ok_or_else(|| TryGetError::DbErr(DbErr::Type("unknown value".to_owned())))
    }
}

impl<T: Stored> ValueType for Col<T> {
    fn try_from(v: Value) -> Result<Self, ValueTypeErr> {
        <T::Raw as ValueType>::try_from(v).and_then(|raw| T::back(raw).map(Col).ok_or(ValueTypeErr))
    }
    fn type_name() -> String {
        <T::Raw as ValueType>::type_name()
    }
    fn array_type() -> ArrayType {
        <T::Raw as ValueType>::array_type()
    }
    fn column_type() -> ColumnType {
        <T::Raw as ValueType>::column_type()
    }
}

impl<T: Stored> Nullable for Col<T> {
    fn null() -> Value {
        <T::Raw as Nullable>::null()
    }
}

impl<T: Stored> TryFromU64 for Col<T> {
    fn try_from_u64(_: u64) -> Result<Self, DbErr> {
        Err(DbErr::ConvertFromU64("ids are never numbers"))
    }
}

impl<T: Stored> IntoActiveValue<Self> for Col<T> {
    fn into_active_value(self) -> ActiveValue<Self> {
        ActiveValue::Set(self)
    }
}

impl<T: Stored> sea_query::postgres_array::NotU8 for Col<T> {}

/// Bytes in a column, most of them sealed. They are never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Blob(pub Vec<u8>);

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Blob(..)")
    }
}

impl From<Blob> for Value {
    fn from(blob: Blob) -> Self {
        blob.0.into()
    }
}

impl TryGetable for Blob {
    fn try_get_by<I: ColIdx>(res: &QueryResult, index: I) -> Result<Self, TryGetError> {
        Vec::<u8>::try_get_by(res, index).map(Blob)
    }
}

impl ValueType for Blob {
    fn try_from(v: Value) -> Result<Self, ValueTypeErr> {
        <Vec<u8> as ValueType>::try_from(v).map(Blob)
    }
    fn type_name() -> String {
        <Vec<u8> as ValueType>::type_name()
    }
    fn array_type() -> ArrayType {
        <Vec<u8> as ValueType>::array_type()
    }
    fn column_type() -> ColumnType {
        <Vec<u8> as ValueType>::column_type()
    }
}

impl Nullable for Blob {
    fn null() -> Value {
        <Vec<u8> as Nullable>::null()
    }
}

impl TryFromU64 for Blob {
    fn try_from_u64(_: u64) -> Result<Self, DbErr> {
        Err(DbErr::ConvertFromU64("keys are never numbers"))
    }
}

impl IntoActiveValue<Self> for Blob {
    fn into_active_value(self) -> ActiveValue<Self> {
        ActiveValue::Set(self)
    }
}

impl sea_query::postgres_array::NotU8 for Blob {}
