//! The sizes of Fargate tasks.

use std::fmt;

/// The CPU and memory of a Fargate task. Only the combinations that Fargate offers exist: the types [`Vcpu025`] to
/// [`Vcpu16`] have a constant for each of their amounts of memory.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html>
///
/// ```
/// use groundplan_constructs::containers::{Vcpu05, Vcpu4};
/// assert_eq!(Vcpu05::GIB_2.to_string(), "0.5 vCPU, 2 GiB");
/// assert_eq!((Vcpu4::GIB_16.cpu_units(), Vcpu4::GIB_16.memory_mib()), (4096, 16_384));
/// ```
///
/// 0.25 vCPU with 8 GiB does not exist:
///
/// ```compile_fail
/// use groundplan_constructs::containers::Vcpu025;
/// let size = Vcpu025::GIB_8;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FargateSize {
    cpu_units: u32,
    memory_mib: u32,
}

impl FargateSize {
    /// Returns the CPU units, of which a vCPU has 1024.
    pub const fn cpu_units(self) -> u32 {
        self.cpu_units
    }

    /// Returns the memory in MiB.
    pub const fn memory_mib(self) -> u32 {
        self.memory_mib
    }
}

impl fmt::Display for FargateSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (cpu, memory) = (f64::from(self.cpu_units) / 1024.0, f64::from(self.memory_mib) / 1024.0);
        write!(f, "{cpu} vCPU, {memory} GiB")
    }
}

macro_rules! sizes {
    ($($(#[doc = $text:literal])+ $name:ident $cpu:literal: $($memory:ident = $mib:literal,)+;)+) => {
        $(
            $(#[doc = $text])+
            #[derive(Debug)]
            pub enum $name {}

            impl $name {
                $(
                    #[doc = concat!("`", stringify!($memory), "`, which is ", stringify!($mib), " MiB.")]
                    pub const $memory: FargateSize = FargateSize { cpu_units: $cpu, memory_mib: $mib };
                )+
            }
        )+

        /// Every size.
        #[cfg(test)]
        const ALL: &[FargateSize] = &[$($($name::$memory,)+)+];
    };
}

sizes! {
    /// Tasks with 0.25 vCPU and 0.5, 1 or 2 GiB.
    Vcpu025 256:
        MIB_512 = 512, GIB_1 = 1024, GIB_2 = 2048,;
    /// Tasks with 0.5 vCPU and 1 to 4 GiB.
    Vcpu05 512:
        GIB_1 = 1024, GIB_2 = 2048, GIB_3 = 3072, GIB_4 = 4096,;
    /// Tasks with 1 vCPU and 2 to 8 GiB.
    Vcpu1 1024:
        GIB_2 = 2048, GIB_3 = 3072, GIB_4 = 4096, GIB_5 = 5120, GIB_6 = 6144, GIB_7 = 7168, GIB_8 = 8192,;
    /// Tasks with 2 vCPU and 4 to 16 GiB.
    Vcpu2 2048:
        GIB_4 = 4096, GIB_5 = 5120, GIB_6 = 6144, GIB_7 = 7168, GIB_8 = 8192, GIB_9 = 9216, GIB_10 = 10240,
        GIB_11 = 11264, GIB_12 = 12288, GIB_13 = 13312, GIB_14 = 14336, GIB_15 = 15360, GIB_16 = 16384,;
    /// Tasks with 4 vCPU and 8 to 30 GiB.
    Vcpu4 4096:
        GIB_8 = 8192, GIB_9 = 9216, GIB_10 = 10240, GIB_11 = 11264, GIB_12 = 12288, GIB_13 = 13312,
        GIB_14 = 14336, GIB_15 = 15360, GIB_16 = 16384, GIB_17 = 17408, GIB_18 = 18432, GIB_19 = 19456,
        GIB_20 = 20480, GIB_21 = 21504, GIB_22 = 22528, GIB_23 = 23552, GIB_24 = 24576, GIB_25 = 25600,
        GIB_26 = 26624, GIB_27 = 27648, GIB_28 = 28672, GIB_29 = 29696, GIB_30 = 30720,;
    /// Tasks with 8 vCPU and 16 to 60 GiB in steps of 4 GiB.
    Vcpu8 8192:
        GIB_16 = 16384, GIB_20 = 20480, GIB_24 = 24576, GIB_28 = 28672, GIB_32 = 32768, GIB_36 = 36864,
        GIB_40 = 40960, GIB_44 = 45056, GIB_48 = 49152, GIB_52 = 53248, GIB_56 = 57344, GIB_60 = 61440,;
    /// Tasks with 16 vCPU and 32 to 120 GiB in steps of 8 GiB.
    Vcpu16 16384:
        GIB_32 = 32768, GIB_40 = 40960, GIB_48 = 49152, GIB_56 = 57344, GIB_64 = 65536, GIB_72 = 73728,
        GIB_80 = 81920, GIB_88 = 90112, GIB_96 = 98304, GIB_104 = 106496, GIB_112 = 114688, GIB_120 = 122880,;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The memory in MiB that tasks with these CPU units have.
    fn memory_of(cpu: u32) -> Vec<u32> {
        ALL.iter().filter(|size| size.cpu_units == cpu).map(|size| size.memory_mib).collect()
    }

    #[test]
    fn the_sizes_are_those_that_fargate_offers() {
        let gib = |from: u32, to: u32, step: usize| (from..=to).step_by(step).map(|gib| gib * 1024).collect::<Vec<_>>();
        assert_eq!(memory_of(256), [512, 1024, 2048]);
        assert_eq!(memory_of(512), gib(1, 4, 1));
        assert_eq!(memory_of(1024), gib(2, 8, 1));
        assert_eq!(memory_of(2048), gib(4, 16, 1));
        assert_eq!(memory_of(4096), gib(8, 30, 1));
        assert_eq!(memory_of(8192), gib(16, 60, 4));
        assert_eq!(memory_of(16_384), gib(32, 120, 8));
        assert_eq!(ALL.len(), 3 + 4 + 7 + 13 + 23 + 12 + 12);
    }

    #[test]
    fn a_size_reads_as_a_person_says_it() {
        assert_eq!(Vcpu025::MIB_512.to_string(), "0.25 vCPU, 0.5 GiB");
        assert_eq!(Vcpu16::GIB_120.to_string(), "16 vCPU, 120 GiB");
        assert!(Vcpu1::GIB_8 < Vcpu2::GIB_4);
    }
}
