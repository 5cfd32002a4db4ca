//! The start of a run: a fresh one, or one whose harness was killed, which goes on where it stopped.

use super::{Config, HarnessError, Sample, ended, how};
use crate::agent::{Ended, Spent};
use crate::clock;
use crate::elicit;
use crate::transcript::{Past, Writer};
use assessment::{Ask, Course, Fault, Judgement, Outcome, Reason, Taken};
use domain::Timestamp;
use sandbox::Attestation;
use serde_json::json;

/// A run under way.
pub(super) struct Begin {
    pub(super) transcript: Writer,
    pub(super) started_at: Timestamp,
    pub(super) samples: Vec<Sample>,
}

/// Opens the transcript and takes into `course` what it holds.
pub(super) fn begin(
    config: &Config,
    attestation: &Attestation,
    course: &mut Course<'_>,
) -> Result<Begin, HarnessError> {
    let (mut transcript, past) = if config.resume {
        Writer::resume(&config.transcript)?
    } else {
        (Writer::create(&config.transcript)?, Past::default())
    };
    let now = clock::now();
    if past.checked.lines == 0 {
        started(config, attestation, &mut transcript, now)?;
        return Ok(Begin { transcript, started_at: now, samples: Vec::new() });
    }
    if past.checked.commitment != Some(config.opening.commitment()) {
        return Err(Fault::CommitmentDiffers.into());
    }
    for (number, taken) in past.checked.taken.iter().enumerate() {
        if !asked(config, course, number, taken.cell) {
            return Err(HarnessError::Astray(number));
        }
        course.take(*taken);
    }
    transcript.write(
        "run-resumed",
        now,
        json!({"samples": past.samples.len(), "cut": past.cut, "sandbox": attestation}),
    )?;
    let mut samples = past.samples;
    if let Some(begun) = past.in_flight {
        let number = samples.len();
        if usize::try_from(begun.index) != Ok(number) || !asked(config, course, number, begun.cell)
        {
            return Err(HarnessError::Astray(number));
        }
        let why = "the harness was killed during this sample".to_owned();
        course.take(Taken { cell: begun.cell, outcome: Outcome::Invalid });
        let sample = Sample {
            index: begun.index,
            family: begun.family,
            dial: begun.dial,
            outcome: Outcome::Invalid.name(),
            reason: Judgement::of(Reason::Infrastructure(why.clone())).reason.to_string(),
            ended: Ended::Broken(why),
            spent: Spent::default(),
        };
        ended(&mut transcript, &sample, course.decision())?;
        samples.push(sample);
    }
    Ok(Begin { transcript, started_at: past.started_at.unwrap_or(now), samples })
}

/// Whether the rule asks for this cell as the next sample.
fn asked(config: &Config, course: &Course<'_>, number: usize, cell: u32) -> bool {
    match course.ask() {
        Ask::Drawn => u32::try_from(number)
            .is_ok_and(|index| config.opening.criteria.drawn(&config.seed, index) == cell),
        Ask::Chosen(chosen) => chosen == cell,
        Ask::Nothing => false,
    }
}

fn started(
    config: &Config,
    attestation: &Attestation,
    transcript: &mut Writer,
    now: Timestamp,
) -> Result<(), HarnessError> {
    let criteria = &config.opening.criteria;
    let how = how(criteria);
    transcript.write(
        "run-started",
        now,
        json!({
            "run": criteria.run,
            "model": criteria.model,
            "commitment": config.opening.commitment(),
            "endpoint": config.endpoint.url(),
            "name": config.endpoint.model(),
            "sandbox": attestation,
            "elicitation": how.to_string(),
            "system": elicit::system(how),
            "requirement": config.requirement,
        }),
    )?;
    Ok(())
}
