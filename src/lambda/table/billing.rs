//! Describes what a table costs.

use crate::config::options::Billing;
use aws_sdk_dynamodb::types::{BillingMode, TableDescription};

/// The region whose prices are known here. Those of other regions differ.
const PRICED_REGION: &str = "us-east-1";

/// The price of one provisioned unit in [`PRICED_REGION`], in USD per hour.
/// See <https://aws.amazon.com/dynamodb/pricing/provisioned/>.
const USD_PER_READ_UNIT_HOUR: f64 = 0.00013;
const USD_PER_WRITE_UNIT_HOUR: f64 = 0.00065;

/// The average month, as in AWS's pricing calculator.
const HOURS_PER_MONTH: f64 = 730.0;

/// Describes what a new table costs: with a number where the price is known.
pub(crate) fn cost(billing: &Billing, region: &str) -> String {
    let Billing::Provisioned { read_units, write_units } = billing else {
        return "on demand, billed per request".into();
    };
    let price = if region == PRICED_REGION {
        let per_hour = USD_PER_READ_UNIT_HOUR * *read_units as f64 + USD_PER_WRITE_UNIT_HOUR * *write_units as f64;
        format!("about {:.2} USD a month in {region} unless the free tier covers them", per_hour * HOURS_PER_MONTH)
    } else {
        "billed by the hour, used or not, unless the free tier covers them".to_owned()
    };
    format!(
        "{read_units} read and {write_units} write units, {price} (dynamoDbConfiguration.billingMode: \"PAY_PER_REQUEST\" is billed per request)"
    )
}

/// Returns a warning if the options differ from the billing of an existing table. It is not updated, since it may have
/// been adjusted by hand.
pub(crate) fn billing_mismatch(name: &str, table: &TableDescription, desired: &Billing) -> Option<String> {
    let on_demand = table.billing_mode_summary().and_then(|summary| summary.billing_mode()).cloned()
        == Some(BillingMode::PayPerRequest);
    let units = table.provisioned_throughput().map(|units| (units.read_capacity_units(), units.write_capacity_units()));
    let (billing, key) = match (desired, on_demand, units) {
        (Billing::PayPerRequest, false, _) => ("uses provisioned capacity".to_owned(), "billingMode"),
        // The defaults are not a wish for another billing.
        (desired, _, _) if desired.is_default() => return None,
        (Billing::Provisioned { .. }, true, _) => ("is billed per request".to_owned(), "billingMode"),
        (Billing::Provisioned { read_units, write_units }, false, Some((read, write)))
            if (Some(*read_units), Some(*write_units)) != (read, write) =>
        {
            let shown = |units: Option<i64>| units.map_or("?".to_owned(), |units| units.to_string());
            (format!("has {} read and {} write units", shown(read), shown(write)), "readCapacityUnits")
        }
        _ => return None,
    };
    Some(format!(
        "the table {name} {billing}, which differs from dynamoDbConfiguration.{key}. That option applies to new tables only: change the table in the DynamoDB console, or with `aws dynamodb update-table`"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::options::Options;

    fn default_billing() -> Billing {
        Options::defaults().unwrap().table.billing
    }

    #[test]
    fn a_billing_mode_that_differs_from_an_existing_table_is_reported() {
        use aws_sdk_dynamodb::types::{BillingModeSummary, ProvisionedThroughputDescription};
        let units = ProvisionedThroughputDescription::builder().read_capacity_units(5).write_capacity_units(6).build();
        let provisioned = TableDescription::builder().provisioned_throughput(units.clone()).build();
        let mode = BillingModeSummary::builder().billing_mode(BillingMode::PayPerRequest).build();
        let on_demand = TableDescription::builder().billing_mode_summary(mode).provisioned_throughput(units).build();
        let is_reported = |table, desired: &Billing| billing_mismatch("t", table, desired).is_some();
        let five_six = Billing::Provisioned { read_units: 5, write_units: 6 };
        let nine_nine = Billing::Provisioned { read_units: 9, write_units: 9 };

        assert!(!is_reported(&provisioned, &default_billing()));
        assert!(!is_reported(&on_demand, &default_billing()));
        assert!(!is_reported(&provisioned, &five_six));
        assert!(is_reported(&provisioned, &nine_nine));
        assert!(is_reported(&on_demand, &nine_nine));
        assert!(is_reported(&provisioned, &Billing::PayPerRequest));
        assert!(!is_reported(&on_demand, &Billing::PayPerRequest));
    }

    #[test]
    fn the_cost_of_a_table_is_a_number_only_where_the_price_is_known() {
        let default = |region: &str| cost(&default_billing(), region);
        assert!(default("us-east-1").contains("about 5.69 USD a month in us-east-1 unless"));
        for region in ["eu-central-1", "ap-northeast-1", "cn-north-1", ""] {
            let line = default(region);
            assert!(line.contains("10 read and 10 write units, billed by the hour") && !line.contains("USD"), "{line}");
        }
        assert_eq!(cost(&Billing::PayPerRequest, "eu-west-1"), "on demand, billed per request");
    }
}
