'use strict';

/** The version of aws-sdk whose behavior the shim has. */
const VERSION = '2.1693.0';

module.exports = { VERSION };
