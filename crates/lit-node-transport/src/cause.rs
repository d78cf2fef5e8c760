use std::{error::Error, fmt, ops::Deref, sync::Arc};

/// The cause of an error: any error, shared, so that the error that holds it can be cloned.
///
/// It is the `source` of that error, and dereferences to `dyn Error`.
///
/// ```
/// use std::{error::Error, io};
/// use lit_node_transport::TransportError;
///
/// let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
/// let error = TransportError::Connect(refused.into());
/// let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>());
/// assert_eq!(cause.map(io::Error::kind), Some(io::ErrorKind::ConnectionRefused));
/// ```
#[derive(Clone)]
pub struct Cause {
    error: Arc<dyn Error + Send + Sync>,
    /// How many errors of the chain are left out.
    depth: usize,
}

impl Cause {
    /// The innermost error of a chain. Libraries such as hyper say there what happened, and around it only where.
    #[cfg(feature = "http")]
    pub(crate) fn innermost(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let error: Arc<dyn Error + Send + Sync> = Arc::from(error.into());
        let sources = std::iter::successors(error.source(), |cause| (*cause).source());
        let depth = sources.count();
        Self { error, depth }
    }
}

impl<E: Into<Box<dyn Error + Send + Sync>>> From<E> for Cause {
    fn from(error: E) -> Self {
        Self {
            error: Arc::from(error.into()),
            depth: 0,
        }
    }
}

impl Deref for Cause {
    type Target = dyn Error + 'static;

    fn deref(&self) -> &Self::Target {
        let mut error: &(dyn Error + 'static) = self.error.as_ref();
        for _ in 0..self.depth {
            // The chain was as deep as this when it was counted.
            error = error.source().unwrap_or(error);
        }
        error
    }
}

/// Two causes are equal if they print the same chain. Most errors cannot be compared otherwise.
impl PartialEq for Cause {
    fn eq(&self, other: &Self) -> bool {
        Chain(&**self).to_string() == Chain(&**other).to_string()
    }
}

impl Eq for Cause {}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

/// An error and its causes on one line.
pub(crate) struct Chain<'a>(pub(crate) &'a dyn Error);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.0, f)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
