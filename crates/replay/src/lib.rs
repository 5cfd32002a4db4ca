//! Replays the committed fuzz corpora through the fuzz targets themselves, as plain tests: no nightly, no libFuzzer.
//!
//! The targets are compiled as they stand. What they know as `libfuzzer_sys` is this crate, whose macro makes of each a
//! function. `cargo xtask tidy` refuses a target that is not named here, and a corpus that is empty.
#![cfg(test)]

extern crate self as libfuzzer_sys;

use std::fs;
use std::path::Path;

#[path = "../../../fuzz/fuzz_targets"]
#[expect(unused_attributes, reason = "`no_main` means something only in a program")]
mod targets {
    pub(super) mod access_event;
    pub(super) mod advisory_apk;
    pub(super) mod advisory_cargo_lock;
    pub(super) mod advisory_composer;
    pub(super) mod advisory_csaf;
    pub(super) mod advisory_cve;
    pub(super) mod advisory_cvss;
    pub(super) mod advisory_cyclonedx;
    pub(super) mod advisory_dpkg;
    pub(super) mod advisory_epss;
    pub(super) mod advisory_finding;
    pub(super) mod advisory_gemfile;
    pub(super) mod advisory_go_mod;
    pub(super) mod advisory_go_sum;
    pub(super) mod advisory_gradle;
    pub(super) mod advisory_kernel;
    pub(super) mod advisory_kev;
    pub(super) mod advisory_maven_list;
    pub(super) mod advisory_maven_pom;
    pub(super) mod advisory_npm_list;
    pub(super) mod advisory_nuget;
    pub(super) mod advisory_osv;
    pub(super) mod advisory_package_lock;
    pub(super) mod advisory_pip_list;
    pub(super) mod advisory_pipfile;
    pub(super) mod advisory_pnpm;
    pub(super) mod advisory_poetry;
    pub(super) mod advisory_provider;
    pub(super) mod advisory_python_metadata;
    pub(super) mod advisory_requirements;
    pub(super) mod advisory_rpm_header;
    pub(super) mod advisory_rpm_list;
    pub(super) mod advisory_sarif;
    pub(super) mod advisory_spdx;
    pub(super) mod advisory_spreadsheet;
    pub(super) mod advisory_uv;
    pub(super) mod advisory_vex;
    pub(super) mod advisory_vulnrichment;
    pub(super) mod advisory_yarn;
    pub(super) mod assessment_event;
    pub(super) mod clearinghouse_event;
    pub(super) mod directives_event;
    pub(super) mod directives_pack;
    pub(super) mod domain_text;
    pub(super) mod gateway_ceilings;
    pub(super) mod gateway_dpop;
    pub(super) mod gateway_policy;
    pub(super) mod gateway_uselog;
    pub(super) mod harness_eval_log;
    pub(super) mod harness_task;
    pub(super) mod harness_transcript;
    pub(super) mod ledger_bundle;
    pub(super) mod ledger_cobblestone;
    pub(super) mod ledger_disclosure;
    pub(super) mod ledger_draft;
    pub(super) mod ledger_event;
    pub(super) mod ledger_keys;
    pub(super) mod ledger_leaf;
    pub(super) mod ledger_object;
    pub(super) mod ledger_receipt;
    pub(super) mod ledger_reveal;
    pub(super) mod ledger_trust;
    pub(super) mod ledger_word;
    pub(super) mod llm_chat;
    pub(super) mod llm_skim;
    pub(super) mod llm_sse;
    pub(super) mod measurement_calibration;
    pub(super) mod measurement_criteria;
    pub(super) mod measurement_family;
    pub(super) mod operations_carried;
    pub(super) mod operations_content;
    pub(super) mod operations_defender;
    pub(super) mod operations_entry;
    pub(super) mod operations_openpgp;
    pub(super) mod operations_partner_criteria;
    pub(super) mod operations_place;
    pub(super) mod operations_plans;
    pub(super) mod operations_terms;
    pub(super) mod operations_witnesses;
    pub(super) mod referral_event;
    pub(super) mod referral_manifest;
    pub(super) mod referral_screen;
    pub(super) mod remediation_event;
    pub(super) mod remediation_index;
    pub(super) mod remediation_slices;
    pub(super) mod remediation_table;
    pub(super) mod sandbox_answer;
    pub(super) mod signals_places;
    pub(super) mod signals_rules;
    pub(super) mod signals_sketch;
    pub(super) mod store_files;
    pub(super) mod timestamp_token;
    pub(super) mod tlog_add_checkpoint;
    pub(super) mod tlog_bundle;
    pub(super) mod tlog_checkpoint;
    pub(super) mod tlog_cnsa;
    pub(super) mod tlog_cose;
    pub(super) mod tlog_key;
    pub(super) mod tlog_mirror_info;
    pub(super) mod tlog_mirror_upload;
    pub(super) mod tlog_note;
    pub(super) mod tlog_policy;
    pub(super) mod tlog_proof;
    pub(super) mod tlog_sign_subtree;
    pub(super) mod tlog_tile_path;
    pub(super) mod verifier_ask;
    pub(super) mod versions_purl;
    pub(super) mod versions_vers;
    pub(super) mod versions_version;
}

/// What libFuzzer's macro makes an entry point of is a function here. It stands below the targets, so that they find it
/// by the path in their own `use`.
macro_rules! fuzz_target {
    (|$data:ident: &[u8]| $body:block) => {
        pub(crate) fn run($data: &[u8]) $body
    };
}
pub(crate) use fuzz_target;

/// Runs every file of a target's corpus; a panic names the file.
fn replay(target: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut files = 0_usize;
    for entry in fs::read_dir(&folder).expect("the corpus is committed") {
        let path = entry.expect("a file").path();
        let bytes = fs::read(&path).expect("readable");
        let done = std::panic::catch_unwind(|| run(&bytes));
        assert!(done.is_ok(), "{} ends the target", path.display());
        files += 1;
    }
    assert!(files > 0, "{} is empty", folder.display());
}

macro_rules! replays {
    ($($target:ident)*) => {$(
        #[test]
        fn $target() {
            replay(stringify!($target), targets::$target::run);
        }
    )*};
}

replays! {
    access_event
    advisory_apk
    advisory_cargo_lock
    advisory_composer
    advisory_csaf
    advisory_cve
    advisory_cvss
    advisory_cyclonedx
    advisory_dpkg
    advisory_epss
    advisory_finding
    advisory_gemfile
    advisory_go_mod
    advisory_go_sum
    advisory_gradle
    advisory_kernel
    advisory_kev
    advisory_maven_list
    advisory_maven_pom
    advisory_npm_list
    advisory_nuget
    advisory_osv
    advisory_package_lock
    advisory_pip_list
    advisory_pipfile
    advisory_pnpm
    advisory_poetry
    advisory_provider
    advisory_python_metadata
    advisory_requirements
    advisory_rpm_header
    advisory_rpm_list
    advisory_sarif
    advisory_spdx
    advisory_spreadsheet
    advisory_uv
    advisory_vex
    advisory_vulnrichment
    advisory_yarn
    assessment_event
    clearinghouse_event
    directives_event
    directives_pack
    domain_text
    gateway_ceilings
    gateway_dpop
    gateway_policy
    gateway_uselog
    harness_eval_log
    harness_task
    harness_transcript
    ledger_bundle
    ledger_cobblestone
    ledger_disclosure
    ledger_draft
    ledger_event
    ledger_keys
    ledger_leaf
    ledger_object
    ledger_receipt
    ledger_reveal
    ledger_trust
    ledger_word
    llm_chat
    llm_skim
    llm_sse
    measurement_calibration
    measurement_criteria
    measurement_family
    operations_carried
    operations_content
    operations_defender
    operations_entry
    operations_openpgp
    operations_partner_criteria
    operations_place
    operations_plans
    operations_terms
    operations_witnesses
    referral_event
    referral_manifest
    referral_screen
    remediation_event
    remediation_index
    remediation_slices
    remediation_table
    sandbox_answer
    signals_places
    signals_rules
    signals_sketch
    store_files
    timestamp_token
    tlog_add_checkpoint
    tlog_bundle
    tlog_checkpoint
    tlog_cnsa
    tlog_cose
    tlog_key
    tlog_mirror_info
    tlog_mirror_upload
    tlog_note
    tlog_policy
    tlog_proof
    tlog_sign_subtree
    tlog_tile_path
    verifier_ask
    versions_purl
    versions_vers
    versions_version
}
