//! How the system's allocator is to work for a program that lives long: threads come and go, and large buffers with
//! them (a snapshot, a batch), while the detector's state stays. Figures: docs/benchmarks.md, "Many readers".

/// To be called before there is a second thread. Elsewhere than with glibc there is nothing to do.
pub fn set_up() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    glibc::set_up();
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod glibc {
    /// Arenas: glibc's eight for each core keep what one thread has freed from all the others.
    const ARENAS_MAX: i32 = 2;

    /// Bytes from which a buffer is mapped by itself, and so given back as soon as it is freed. Left alone glibc raises
    /// this to the size of the largest that was freed, up to 32 MiB.
    const MAPPED_FROM: i32 = 4 << 20;

    pub(super) fn set_up() {
        for (parameter, value) in [(libc::M_ARENA_MAX, ARENAS_MAX), (libc::M_MMAP_THRESHOLD, MAPPED_FROM)] {
            // SAFETY: mallopt(3) takes two numbers and writes the allocator's own settings, here before any other
            // thread could read them. One that it doesn't know it leaves alone.
            #[expect(unsafe_code, reason = "the C library has no other way")]
            unsafe {
                libc::mallopt(parameter, value);
            }
        }
    }
}
