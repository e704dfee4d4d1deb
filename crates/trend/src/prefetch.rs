//! Asks for memory before it is needed. A post touches some hundred places all over the tables of keywords, pairs and
//! posts; one after the other, waiting for them takes most of the time of a detector. Its neighbours in the stream are
//! known, so what they will need is asked for while the present one is worked on.

/// Asks for the cache line in which `value` begins, if there is one. Changes nothing but time.
pub(crate) fn prefetch<'a, T: 'a>(value: impl Into<Option<&'a T>>) {
    let Some(value) = value.into() else { return };
    #[cfg(target_arch = "x86_64")]
    #[expect(
        unsafe_code,
        reason = "there is no safe form of it; a reference is valid, and nothing is read or written"
    )]
    // SAFETY: a prefetch is a hint, which never faults, whatever the address.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(value).cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = value;
}
