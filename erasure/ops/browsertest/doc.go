// Package browsertest tests the operations page in a real browser. It is a module of its own,
// so that nothing else gets its requirements.
//
// The tests need chromium, and are skipped without it unless REQUIRE_CHROMIUM is set. Set
// SCREENSHOTS to a folder for pictures of the pages.
//
// testdata/axe has axe.min.js of axe-core 4.14.1 as npm has it, under the MPL 2.0; its SHA-256 is
// 29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c.
package browsertest
