//! Reads and writes Amazon Resource Names, and knows AWS's partitions.
//!
//! See <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>.

/// A group of regions with domain names and ARNs of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Partition {
    /// The second part of an ARN.
    pub(crate) id: &'static str,
    /// The end of the host names of its services.
    pub(crate) dns_suffix: &'static str,
    /// How its regions begin.
    region_prefix: &'static str,
    /// The domain name of its console, which those of secret regions are not public.
    console: Option<&'static str>,
}

/// The partition of every region that no other one names.
const STANDARD: Partition =
    Partition { id: "aws", dns_suffix: "amazonaws.com", region_prefix: "", console: Some("console.aws.amazon.com") };

/// As botocore's `partitions.json` lists them
/// (<https://github.com/boto/botocore/blob/develop/botocore/data/partitions.json>).
const OTHERS: [Partition; 7] = [
    Partition {
        id: "aws-cn",
        dns_suffix: "amazonaws.com.cn",
        region_prefix: "cn-",
        console: Some("console.amazonaws.cn"),
    },
    Partition {
        id: "aws-us-gov",
        dns_suffix: "amazonaws.com",
        region_prefix: "us-gov-",
        console: Some("console.amazonaws-us-gov.com"),
    },
    Partition {
        id: "aws-eusc",
        dns_suffix: "amazonaws.eu",
        region_prefix: "eusc-",
        console: Some("console.amazonaws-eusc.eu"),
    },
    Partition { id: "aws-iso", dns_suffix: "c2s.ic.gov", region_prefix: "us-iso-", console: None },
    Partition { id: "aws-iso-b", dns_suffix: "sc2s.sgov.gov", region_prefix: "us-isob-", console: None },
    Partition { id: "aws-iso-e", dns_suffix: "cloud.adc-e.uk", region_prefix: "eu-isoe-", console: None },
    Partition { id: "aws-iso-f", dns_suffix: "csp.hci.ic.gov", region_prefix: "us-isof-", console: None },
];

impl Partition {
    /// Returns all partitions.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        std::iter::once(STANDARD).chain(OTHERS)
    }

    /// Returns the partition that a region belongs to.
    pub(crate) fn of_region(region: &str) -> Self {
        *OTHERS.iter().find(|partition| region.starts_with(partition.region_prefix)).unwrap_or(&STANDARD)
    }

    /// Returns the host name of the console for a region.
    ///
    /// See <https://docs.aws.amazon.com/general/latest/gr/mgmt-console.html>; for China and GovCloud as in
    /// <https://github.com/grafana/grafana/blob/main/public/app/plugins/datasource/cloudwatch/aws_url.ts>, for the
    /// European Sovereign Cloud as the AWS CLI opens it.
    pub(crate) fn console_host(self, region: &str) -> Option<String> {
        self.console.map(|domain| format!("{region}.{domain}"))
    }

    /// Returns the ARN of a managed policy of AWS, whose path and name are given, as in `service-role/X`.
    pub(crate) fn managed_policy(self, name: &str) -> String {
        format!("arn:{}:iam::aws:policy/{name}", self.id)
    }
}

/// The parts of an ARN: `arn:partition:service:region:account:resource`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Arn<'a> {
    pub(crate) partition: &'a str,
    /// Empty for global services such as IAM.
    pub(crate) region: &'a str,
    /// Twelve digits; empty for S3 buckets.
    pub(crate) account: &'a str,
    /// In the form of its service, such as `role/cats` or `function:cats`.
    pub(crate) resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Returns the parts of an ARN; `None` for any other text.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let ("arn", partition, _service) = (parts.next()?, parts.next()?, parts.next()?) else { return None };
        let (region, account, resource) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Arn { partition, region, account, resource })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_region_belongs_to_its_partition() {
        for region in crate::testing::regions::all() {
            let Partition { id, dns_suffix, .. } = Partition::of_region(&region.name);
            assert_eq!((id, dns_suffix), (region.partition.as_str(), region.dns_suffix.as_str()), "{}", region.name);
        }
    }

    #[test]
    fn a_region_that_is_not_known_yet_belongs_to_the_partition_of_its_prefix() {
        let of = |region| Partition::of_region(region).id;
        assert_eq!(
            ["us-west-9", "cn-west-9", "eusc-fr-west-1", "us-gov-north-1", "eu-isoe-west-9"].map(of),
            ["aws", "aws-cn", "aws-eusc", "aws-us-gov", "aws-iso-e"]
        );
        assert_eq!(Partition::of_region("cn-north-1").managed_policy("X"), "arn:aws-cn:iam::aws:policy/X");
    }

    #[test]
    fn the_console_of_a_region_is_in_the_domain_of_its_partition() {
        let host = |region: &str| Partition::of_region(region).console_host(region).unwrap_or_default();
        assert_eq!(
            ["eu-west-1", "cn-north-1", "us-gov-west-1", "eusc-de-east-1", "us-iso-east-1"].map(host),
            [
                "eu-west-1.console.aws.amazon.com",
                "cn-north-1.console.amazonaws.cn",
                "us-gov-west-1.console.amazonaws-us-gov.com",
                "eusc-de-east-1.console.amazonaws-eusc.eu",
                ""
            ]
        );
    }

    #[test]
    fn an_arn_has_six_parts() {
        let arn = Arn::parse("arn:aws-cn:lambda:cn-north-1:123456789012:function:cats:release-0").unwrap();
        assert_eq!((arn.partition, arn.region, arn.account), ("aws-cn", "cn-north-1", "123456789012"));
        for text in ["", "arn:aws:lambda", "urn:aws:lambda:r:a:x", "arn:aws:lambda:r:a"] {
            assert_eq!(Arn::parse(text), None, "{text}");
        }
    }
}
