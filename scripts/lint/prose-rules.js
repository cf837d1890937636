'use strict';

// The wording that this project does not use, each with what to write instead. A rule is here only
// if its hit is nearly always a real one; everything else is a matter for reviews.

/** Words with a meaning of their own in this project, in prose and in identifiers. */
const PRIVATE_WORDS = [
  [/\bremed(y|ies)\b/, 'hint'],
  [/\bcures?\b/, 'hint, fix'],
  [/\bwings?\b/, 'deployer'],
  [/(?<!\btea[- ])\bhouses?\b/, 'architecture, project'],
  [/(?<!\bmak(e|es|ing) )\brooms?\b/, 'module'],
  [/\bdoors?\b/, 'entry point, Node-API layer'],
  [/\bleft[ -]?overs?\b/, 'orphan'],
  [/\bstand[ -]ins?\b(?! (the|a)\b)|\bst(ands|anding|ood) in for\b/, 'shim, replacement'],
  [/\bmend(s|ed|ing)?\b/, 'repair, fix'],
  [/\bg(ive|ives|ave|iving|iven) up\b/, 'abort, stop'],
  [/\bin the making\b/, 'in progress'],
  [/\bunder way\b/, 'in progress, in flight'],
  [/\b(tell|tells|told|telling)\b/, 'report, show'],
  [/\b(somebody|nobody|everybody|anybody)\b/, 'the actor, such as "another process", or "no one"'],
  [/\b(says|said|saying)\b/, 'report, state, show'],
  [/\bpatien(ce|t|tly)\b/, 'timeout, retry'],
];

/** Phrases of prose only. */
const PHRASES = [
  [/(?<!^|[.!?:] )\bwhoever\b/, '"anyone who", or the actor'],
  [/\bfor good(?! reasons?\b)/, 'permanently'],
  [/\bside by side\b/, 'concurrently'],
  [/\bby turns\b/, 'alternately, interleaved'],
  [/\bslips? of the pen\b/, 'typo'],
  [/\bso many\b/, 'the number, or "that many"'],
  [/\bhow-?manieth\b/, 'ordinal'],
  [/\bmeanwhile\b/, '"while …", "in the meantime"'],
  [/\bfor ever\b/, 'forever, indefinitely'],
  [/\bbesides(?=[,.;:]|$)/, 'also, in addition'],
  [/(?<!\bthere )\b(is|are|was|were) no\b(?! (longer|more|less|matter)\b)/, '"is not a …"'],
  [/\b(is|are) to be\b/, 'must be, will be'],
  [/(?<!['"])\bAWS'(?=\s+\w)/, '"AWS\'s …" or "the AWS …"'],
  [/\b(in its|in their|AWS's) own words\b|\bin words\b|\bwithout words\b/, 'message'],
  [/\blook(s|ed|ing)? whether\b/, 'check whether'],
  [/\bshould be [^.]*, and is\b/, '"must be X, but is Y"'],
  [/\bPerhaps\b[^.?]*\bis meant\b/, '"Did you mean X?"'],
  [
    /\b(licences?|(behavi|col|hon|fav|neighb)our(s|ed|ing)?|catalogues?)\b/,
    'the American spelling',
  ],
];

/** A sentence, heading or table cell that begins with a relative clause. Questions may begin so. */
const RELATIVE_SUBJECT =
  /(?<=^|[.!?:]\s+|\|\s*|[-*#>] |\*\*)(What|Whatever|Whoever|Who)\b(?=[^.!?|]*([.!|]|$))/m;

module.exports = { PRIVATE_WORDS, PHRASES, RELATIVE_SUBJECT };
