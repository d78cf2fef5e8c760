use std::fmt;

/// A JavaScript error that a host function throws.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostError {
    pub(crate) class: ErrorClass,
    pub(crate) message: String,
}

/// The constructor of a JavaScript error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorClass {
    Error,
    RangeError,
    TypeError,
}

impl ErrorClass {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Error => "Error",
            Self::RangeError => "RangeError",
            Self::TypeError => "TypeError",
        }
    }
}

impl HostError {
    /// Creates an `Error`.
    pub fn new(message: impl fmt::Display) -> Self {
        Self::of(ErrorClass::Error, message)
    }

    /// Creates a `RangeError`: an argument of the right type with a value that is not allowed.
    pub fn range(message: impl fmt::Display) -> Self {
        Self::of(ErrorClass::RangeError, message)
    }

    /// Creates a `TypeError`: an argument of the wrong type.
    pub fn wrong_type(message: impl fmt::Display) -> Self {
        Self::of(ErrorClass::TypeError, message)
    }

    fn of(class: ErrorClass, message: impl fmt::Display) -> Self {
        Self {
            class,
            message: message.to_string(),
        }
    }
}

impl From<&str> for HostError {
    fn from(message: &str) -> Self {
        Self::new(message)
    }
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class.name(), self.message)
    }
}

impl std::error::Error for HostError {}
