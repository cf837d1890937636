'use strict';

// Skills switch off v2's notice about its end of support. The shim has none.

module.exports = { suppress: false };
