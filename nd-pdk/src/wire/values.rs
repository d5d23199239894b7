//! The wire form of the types that fields have.

use super::{Decode, Elements, Encode, Failed, Fields, Reader, Writer, base64};
use crate::buffer;
use std::collections::HashMap;

impl<T: Encode + ?Sized> Encode for &T {
    #[inline]
    fn encode(&self, w: &mut Writer) {
        (**self).encode(w);
    }

    #[inline]
    fn is_empty(&self) -> bool {
        (**self).is_empty()
    }
}

/// "No value": an export without output leaves the output empty.
impl Encode for () {
    fn encode(&self, _w: &mut Writer) {}

    fn is_empty(&self) -> bool {
        true
    }
}

impl Encode for str {
    fn encode(&self, w: &mut Writer) {
        w.string(self);
    }

    fn is_empty(&self) -> bool {
        self.is_empty()
    }
}

impl Encode for String {
    fn encode(&self, w: &mut Writer) {
        w.string(self);
    }

    fn is_empty(&self) -> bool {
        self.is_empty()
    }
}

impl Decode for String {
    fn decode(&mut self, r: &mut Reader<'_>) -> Result<(), Failed> {
        r.text_into(self)
    }
}

impl Encode for bool {
    fn encode(&self, w: &mut Writer) {
        w.boolean(*self);
    }

    fn is_empty(&self) -> bool {
        !*self
    }
}

impl Decode for bool {
    fn decode(&mut self, r: &mut Reader<'_>) -> Result<(), Failed> {
        if let Some(value) = r.boolean()? {
            *self = value;
        }
        Ok(())
    }
}

/// Integers differ in their bounds only.
macro_rules! integers {
    ($($type:ty => $write:ident as $wide:ty;)*) => {$(
        impl Encode for $type {
            fn encode(&self, w: &mut Writer) {
                w.$write(<$wide>::from(*self));
            }

            fn is_empty(&self) -> bool {
                *self == 0
            }
        }

        impl Decode for $type {
            #[allow(clippy::cast_lossless, reason = "the macro serves wide and narrow types alike")]
            fn decode(&mut self, r: &mut Reader<'_>) -> Result<(), Failed> {
                if let Some(bits) = r.integer(<$type>::MIN as i64, <$type>::MAX as u64)? {
                    *self = bits as $type;
                }
                Ok(())
            }
        }
    )*};
}

integers! {
    i32 => integer as i64;
    i64 => integer as i64;
    u32 => unsigned as u64;
    u64 => unsigned as u64;
}

impl Encode for f64 {
    fn encode(&self, w: &mut Writer) {
        w.float(*self);
    }

    fn is_empty(&self) -> bool {
        *self == 0.0
    }
}

impl Decode for f64 {
    fn decode(&mut self, r: &mut Reader<'_>) -> Result<(), Failed> {
        if let Some(value) = r.float()? {
            *self = value;
        }
        Ok(())
    }
}

impl Encode for f32 {
    fn encode(&self, w: &mut Writer) {
        w.float32(*self);
    }

    fn is_empty(&self) -> bool {
        *self == 0.0
    }
}

impl Decode for f32 {
    fn decode(&mut self, r: &mut Reader<'_>) -> Result<(), Failed> {
        if let Some(value) = r.float()? {
            let narrow = value as f32;
            if narrow.is_infinite() {
                return Err(r.refuse("the number is out of range for its type"));
            }
            *self = narrow;
        }
        Ok(())
    }
}

/// Bytes are base64 text wherever they stand, also inside lists and maps.
impl Encode for Vec<u8> {
    fn encode(&self, w: &mut Writer) {
        w.bytes(self);
    }

    fn is_empty(&self) -> bool {
        self.is_empty()
    }
}

impl Decode for Vec<u8> {
    fn decode(&mut self, r: &mut Reader<'_>) -> Result<(), Failed> {
        if let Some(text) = r.string()? {
            self.clear();
            if !base64::decode(text.as_bytes(), self) {
                return Err(r.refuse("the text is not base64"));
            }
        }
        Ok(())
    }
}

impl<T: Encode> Encode for Vec<T> {
    fn encode(&self, w: &mut Writer) {
        w.begin_array();
        for element in self {
            w.element(element);
        }
        w.end_array();
    }

    fn is_empty(&self) -> bool {
        self.is_empty()
    }
}

impl<T: Decode + Default> Decode for Vec<T> {
    fn decode(&mut self, r: &mut Reader<'_>) -> Result<(), Failed> {
        self.clear();
        r.array(self)
    }
}

impl<T: Decode + Default> Elements for Vec<T> {
    fn element(&mut self) -> Option<&mut dyn Decode> {
        let element: &mut T = buffer::add(self, T::default());
        Some(element)
    }
}

impl<T: Encode> Encode for Option<T> {
    fn encode(&self, w: &mut Writer) {
        match self {
            Some(value) => value.encode(w),
            None => w.null(),
        }
    }

    fn is_empty(&self) -> bool {
        self.is_none()
    }
}

impl<T: Decode + Default> Decode for Option<T> {
    fn decode(&mut self, r: &mut Reader<'_>) -> Result<(), Failed> {
        if r.take_null()? {
            *self = None;
            return Ok(());
        }
        self.insert(T::default()).decode(r)
    }
}

impl<T: Encode> Encode for HashMap<String, T> {
    fn encode(&self, w: &mut Writer) {
        w.begin_object();
        for (key, value) in self {
            w.field(key, value);
        }
        w.end_object();
    }

    fn is_empty(&self) -> bool {
        self.is_empty()
    }
}

impl<T: Decode + Default> Decode for HashMap<String, T> {
    fn decode(&mut self, r: &mut Reader<'_>) -> Result<(), Failed> {
        self.clear();
        r.object(self)
    }
}

impl<T: Decode + Default> Fields for HashMap<String, T> {
    fn field(&mut self, name: &str) -> Option<&mut dyn Decode> {
        self.insert(name.to_owned(), T::default());
        self.get_mut(name).map(|value| value as &mut dyn Decode)
    }
}

/// Values of any shape, for which `serde_json` itself is the right tool.
#[cfg(feature = "serde_json")]
impl Encode for serde_json::Value {
    fn encode(&self, w: &mut Writer) {
        w.raw(self.to_string().as_bytes());
    }

    fn is_empty(&self) -> bool {
        self.is_null()
    }
}

#[cfg(feature = "serde_json")]
impl Decode for serde_json::Value {
    fn decode(&mut self, r: &mut Reader<'_>) -> Result<(), Failed> {
        let text = r.raw()?;
        *self = serde_json::from_str(text).map_err(|_| r.refuse("the value is not JSON"))?;
        Ok(())
    }
}
