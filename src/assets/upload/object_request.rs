//! Sets an object's parameters on the requests that upload it.

use crate::assets::object::DesiredObject;
use aws_sdk_s3::operation::create_multipart_upload::builders::CreateMultipartUploadFluentBuilder;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::ObjectCannedAcl;

/// A request with the parameters that PutObject and CreateMultipartUpload have in common.
pub(super) trait ObjectRequest {
    /// Sets the content type, all parameters, and the ACL unless the parameters have grants, which S3 does not accept
    /// together with it.
    fn with_params(self, object: &DesiredObject<'_>, acl: Option<ObjectCannedAcl>) -> Self;
}

/// Returns a value of one of the SDK's enumerations.
fn parsed<T: for<'v> From<&'v str>>(value: Option<&str>) -> Option<T> {
    value.map(T::from)
}

fn time(seconds: Option<i64>) -> Option<DateTime> {
    seconds.map(DateTime::from_secs)
}

/// The SDK's builders do not share a trait, so the same code is compiled for each of them.
macro_rules! impl_object_request {
    ($($builder:ty),*) => { $(
        impl ObjectRequest for $builder {
            fn with_params(self, object: &DesiredObject<'_>, acl: Option<ObjectCannedAcl>) -> Self {
                let params = object.params;
                self.content_type(object.content_type.clone())
                    .set_acl(acl.filter(|_| !params.has_grants()))
                    .set_bucket_key_enabled(params.bucket_key_enabled)
                    .set_cache_control(params.cache_control.clone())
                    .set_checksum_algorithm(parsed(params.checksum_algorithm.as_deref()))
                    .set_content_disposition(params.content_disposition.clone())
                    .set_content_encoding(params.content_encoding.clone())
                    .set_content_language(params.content_language.clone())
                    .set_expected_bucket_owner(params.expected_bucket_owner.clone())
                    .set_expires(time(params.expires))
                    .set_grant_full_control(params.grant_full_control.clone())
                    .set_grant_read(params.grant_read.clone())
                    .set_grant_read_acp(params.grant_read_acp.clone())
                    .set_grant_write_acp(params.grant_write_acp.clone())
                    .set_metadata(params.metadata.clone().map(|metadata| metadata.into_iter().collect()))
                    .set_object_lock_event_hold(parsed(params.object_lock_event_hold.as_deref()))
                    .set_object_lock_event_hold_duration_days(params.object_lock_event_hold_duration_days)
                    .set_object_lock_event_hold_duration_years(params.object_lock_event_hold_duration_years)
                    .set_object_lock_legal_hold_status(parsed(params.object_lock_legal_hold_status.as_deref()))
                    .set_object_lock_mode(parsed(params.object_lock_mode.as_deref()))
                    .set_object_lock_retain_until_date(time(params.object_lock_retain_until_date))
                    .set_server_side_encryption(parsed(params.server_side_encryption.as_deref()))
                    .set_ssekms_encryption_context(params.ssekms_encryption_context.clone())
                    .set_ssekms_key_id(params.ssekms_key_id.clone())
                    .set_storage_class(parsed(params.storage_class.as_deref()))
                    .set_tagging(params.tagging.clone())
                    .set_website_redirect_location(params.website_redirect_location.clone())
            }
        }
    )* };
}

impl_object_request!(PutObjectFluentBuilder, CreateMultipartUploadFluentBuilder);
