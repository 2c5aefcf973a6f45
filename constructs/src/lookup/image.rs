//! Machine images that AWS publishes.

use std::fmt;

/// The architecture of a processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Architecture {
    /// 64-bit Arm, as of the Graviton processors: instance types such as `t4g` and `m8g`.
    Arm64,
    /// 64-bit x86.
    X86_64,
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Arm64 => "arm64",
            Self::X86_64 => "x86_64",
        })
    }
}

/// A machine image whose current id AWS publishes in a public parameter of Systems Manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    parameter: String,
}

impl Image {
    /// Amazon Linux 2023 with the default kernel. AWS makes newer kernel lines the default from time to time.
    /// <https://docs.aws.amazon.com/linux/al2023/ug/ec2.html>
    pub fn amazon_linux_2023(architecture: Architecture) -> Self {
        Self::below("ami-amazon-linux-latest", format_args!("al2023-ami-kernel-default-{architecture}"))
    }

    /// Amazon Linux 2023 with few packages and the default kernel.
    /// <https://docs.aws.amazon.com/linux/al2023/ug/ec2.html>
    pub fn amazon_linux_2023_minimal(architecture: Architecture) -> Self {
        Self::below("ami-amazon-linux-latest", format_args!("al2023-ami-minimal-kernel-default-{architecture}"))
    }

    /// Amazon Linux 2023 with a kernel line, such as `6.12`, which stays while AWS makes newer ones the default.
    /// <https://docs.aws.amazon.com/linux/al2023/ug/ec2.html>
    pub fn amazon_linux_2023_with_kernel(line: &str, architecture: Architecture) -> Self {
        Self::below("ami-amazon-linux-latest", format_args!("al2023-ami-kernel-{line}-{architecture}"))
    }

    /// Amazon Linux 2023 with few packages and a kernel line, such as `6.12`.
    /// <https://docs.aws.amazon.com/linux/al2023/ug/ec2.html>
    pub fn amazon_linux_2023_minimal_with_kernel(line: &str, architecture: Architecture) -> Self {
        Self::below("ami-amazon-linux-latest", format_args!("al2023-ami-minimal-kernel-{line}-{architecture}"))
    }

    /// Amazon Linux 2023 for the instances of an ECS cluster.
    /// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/retrieve-ecs-optimized_AMI.html>
    pub fn ecs_optimized(architecture: Architecture) -> Self {
        let variant = match architecture {
            Architecture::Arm64 => "amazon-linux-2023/arm64",
            Architecture::X86_64 => "amazon-linux-2023",
        };
        Self::below("ecs/optimized-ami", format_args!("{variant}/recommended/image_id"))
    }

    /// Amazon Linux 2023 for the nodes of an EKS cluster of this Kubernetes version, such as `1.33`.
    /// <https://docs.aws.amazon.com/eks/latest/userguide/retrieve-ami-id.html>
    pub fn eks_optimized(version: &str, architecture: Architecture) -> Self {
        let variant =
            format_args!("{version}/amazon-linux-2023/{architecture}/standard/recommended/image_id").to_string();
        Self::below("eks/optimized-ami", variant)
    }

    /// Returns the name of the parameter.
    pub fn parameter(&self) -> &str {
        &self.parameter
    }

    fn below(service: &str, name: impl fmt::Display) -> Self {
        Self { parameter: format!("{}{service}/{name}", groundplan_core::lookup::PUBLIC_PARAMETERS) }
    }
}
