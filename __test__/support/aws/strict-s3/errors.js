'use strict';

// Refusals of S3 and their XML.

const { element, document } = require('./xml');

/** An answer other than success. `details` are further elements of its body. */
class S3Error extends Error {
  constructor(status, code, message, { details = {}, headers = {} } = {}) {
    super(message);
    Object.assign(this, { status, code, details, headers });
  }

  /** The answer `{status, code, headers, body}`. */
  answer(requestId) {
    const fields = {
      Code: this.code,
      Message: this.message,
      ...this.details,
      RequestId: requestId,
      HostId: 'c3RyaWN0LXMz',
    };
    const content = Object.entries(fields).map(([name, value]) => element(name, String(value)));
    return {
      status: this.status,
      code: this.code,
      headers: { 'content-type': 'application/xml', ...this.headers },
      body: document(`<Error>${content.join('')}</Error>`),
    };
  }
}

const accessDenied = (message = 'Access Denied', options) =>
  new S3Error(403, 'AccessDenied', message, options);

const invalidRequest = (message, details) =>
  new S3Error(400, 'InvalidRequest', message, { details });

const invalidArgument = (name, value, message) =>
  new S3Error(400, 'InvalidArgument', message, {
    details: { ArgumentName: name, ArgumentValue: value },
  });

const malformedXml = () =>
  new S3Error(
    400,
    'MalformedXML',
    'The XML you provided was not well-formed or did not validate against our published schema',
  );

const noSuchBucket = (name) =>
  new S3Error(404, 'NoSuchBucket', 'The specified bucket does not exist', {
    details: { BucketName: name },
  });

const noSuchUpload = (id) =>
  new S3Error(
    404,
    'NoSuchUpload',
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
    { details: { UploadId: id } },
  );

module.exports = {
  S3Error,
  accessDenied,
  invalidRequest,
  invalidArgument,
  malformedXml,
  noSuchBucket,
  noSuchUpload,
};
