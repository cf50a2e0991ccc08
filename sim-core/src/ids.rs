//! The small numbers that name the things of a world, each of its own type, and GUIDs.

use std::fmt;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// The position in the arena.
            #[must_use]
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

ids! {
    /// A token in the world's arena.
    TokenId;
    /// A logon session.
    SessionId;
    /// A declared principal.
    PrincipalId;
    /// A process: a position, not the pid.
    ProcessId;
    /// A thread: a position, not the tid.
    ThreadId;
    /// An endpoint of a service.
    EndpointId;
    /// A connection.
    ConnectionId;
    /// A file, directory or registry key.
    ObjectId;
    /// An open handle.
    HandleId;
    /// A name bound by the steps of one thread (`h = …`): a position in the thread's list.
    Slot;
    /// A step of the scenario.
    StepId;
}

/// A GUID, in the byte order of its binary form: the first three groups are little-endian.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Guid(pub [u8; 16]);

/// Text positions of the bytes of the binary form.
const GUID_ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];

impl Guid {
    /// Reads the form `8-4-4-4-12`, in any case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Guid> {
        let groups: Vec<&str> = text.split('-').collect();
        if !groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12]) {
            return None;
        }
        let digits: String = groups.concat();
        let mut guid = Guid([0; 16]);
        for (position, pair) in GUID_ORDER.iter().zip(digits.as_bytes().as_chunks::<2>().0) {
            let value = |digit: u8| char::from(digit).to_digit(16);
            *guid.0.get_mut(*position)? = u8::try_from(value(pair[0])? << 4 | value(pair[1])?).ok()?;
        }
        Some(guid)
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, position) in GUID_ORDER.iter().enumerate() {
            if matches!(n, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{:02x}", self.0[*position])?;
        }
        Ok(())
    }
}

impl fmt::Debug for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
