//! In-process memory of handlers about their calls.

use std::any::{Any, TypeId};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Holds one value of each type that a handler requests, so that the owners of the memory depend on no handler.
#[derive(Debug, Default)]
pub(crate) struct Memory(Mutex<BTreeMap<TypeId, Arc<dyn Any + Send + Sync>>>);

impl Memory {
    /// The value of this type, its default at first.
    pub(crate) fn of<T: Any + Default + Send + Sync>(&self) -> Arc<T> {
        let mut values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let value = values.entry(TypeId::of::<T>()).or_insert_with(|| Arc::new(T::default()));
        Arc::clone(value).downcast().expect("each value stands under its own type")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct One(Mutex<u8>);

    #[derive(Default)]
    struct Two(Mutex<u8>);

    #[test]
    fn each_type_has_a_value_of_its_own_that_stays() {
        let memory = Memory::default();
        *memory.of::<One>().0.lock().unwrap() = 1;
        assert_eq!(*memory.of::<One>().0.lock().unwrap(), 1);
        assert_eq!(*memory.of::<Two>().0.lock().unwrap(), 0);
    }
}
