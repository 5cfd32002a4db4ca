//! The tasks of a transcript: drawn again from the opened seed, and graded again when asked.

use super::Checks;
use crate::MeasureError;
use assessment::{Instance, MasterSeed, Opening, Outcome, Submission, Taken};
use operations::files;
use sandbox::Policy;
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

/// What the tasks are checked by. The transcript's chain holds already.
pub(super) struct Tasks<'a> {
    pub(super) opening: &'a Opening,
    pub(super) path: &'a Path,
    pub(super) taken: &'a [Taken],
    pub(super) regrade: &'a Option<Policy>,
}

/// A sample while its lines are read.
struct Sample {
    number: u32,
    instance: Instance,
    submission: Submission,
}

impl Tasks<'_> {
    pub(super) async fn check(
        &self,
        checks: &mut Checks,
        notes: &mut Vec<String>,
    ) -> Result<(), MeasureError> {
        let Some(seed) = &self.opening.seed else {
            let why = "the master seed is withheld, so the tasks were not drawn again";
            notes.push(why.to_owned());
            return Ok(());
        };
        let seed = MasterSeed::new(seed.seed);
        let system = |act| files::system(act, self.path);
        let file = File::open(self.path).map_err(system("open"))?;
        let (mut drawn, mut graded) = (0_u32, 0_u32);
        let mut current = None;
        let (mut tasks, mut grades) = (None, None);
        for line in BufReader::new(file).lines() {
            let line: Value =
                serde_json::from_str(&line.map_err(system("read"))?).unwrap_or_default();
            let body = line.get("body").unwrap_or(&Value::Null);
            match line.get("kind").and_then(Value::as_str).unwrap_or_default() {
                "sample-started" => match self.drawn(&seed, body) {
                    Ok(sample) => (drawn, current) = (drawn + 1, Some(sample)),
                    Err(fault) => tasks = tasks.or(Some(fault)),
                },
                "submission" => {
                    if let Some(sample) = &mut current {
                        sample.submission = submission(body);
                    }
                }
                "sample-ended" => {
                    let again = current.take().zip(self.regrade.clone());
                    if let Some((sample, policy)) = again {
                        graded += 1;
                        let fault = grade(sample, body, policy).await;
                        grades = grades.or(fault);
                    }
                }
                _ => {}
            }
        }
        let good = format!("{drawn} tasks are those of the opened seed");
        checks.add("tasks", tasks.map_or(Ok(good), Err));
        if self.regrade.is_some() {
            let good = format!("{graded} submissions were executed again, with the same outcomes");
            checks.add("grades", grades.map_or(Ok(good), Err));
        }
        Ok(())
    }

    /// Draws a sample's task again and compares it with what the transcript says of it.
    fn drawn(&self, seed: &MasterSeed, body: &Value) -> Result<Sample, String> {
        let number = body.get("sample").and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok());
        let number = number.ok_or("a sample begins without a number")?;
        let criteria = &self.opening.criteria;
        let at = usize::try_from(number).unwrap_or(usize::MAX);
        let cell = match criteria.version() {
            1 => criteria.drawn(seed, number),
            _ => self.taken.get(at).ok_or(format!("sample {number} never ends"))?.cell,
        };
        if body.get("cell").is_some_and(|said| said.as_u64() != Some(cell.into())) {
            return Err(format!("sample {number} begins with another cell than it ends with"));
        }
        let instance = criteria.instance(seed, number, cell).map_err(|fault| fault.to_string())?;
        let said = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default();
        let same = said("family") == instance.family
            && body.get("dial").and_then(Value::as_u64) == Some(u64::from(instance.dial.step()))
            && said("instance") == instance.digest().to_string()
            && said("prompt") == instance.prompt;
        if same {
            Ok(Sample { number, instance, submission: Submission::Nothing })
        } else {
            let (family, dial) = (instance.family, instance.dial);
            Err(format!("sample {number} is not the task of the seed ({family}={dial})"))
        }
    }
}

fn submission(body: &Value) -> Submission {
    let text = |key: &str| body.get(key).and_then(Value::as_str);
    let file = || {
        let bytes = data_encoding::BASE64.decode(text("base64")?.as_bytes()).ok()?;
        Some(Submission::File(bytes))
    };
    let answer = text("answer").map(|answer| Submission::Answer(answer.to_owned()));
    answer.or_else(file).unwrap_or(Submission::Nothing)
}

/// Executes the oracle again. A sample whose measurement had failed has nothing to grade.
async fn grade(sample: Sample, body: &Value, policy: Policy) -> Option<String> {
    let said = body.get("outcome").and_then(Value::as_str).unwrap_or_default().to_owned();
    if said == Outcome::Invalid.name() {
        return None;
    }
    let Sample { number, instance, submission } = sample;
    let work = move || harness::grade(&instance.oracle, &submission, &policy);
    match tokio::task::spawn_blocking(work).await {
        Ok(judged) if judged.outcome.name() == said => None,
        Ok(judged) => {
            let (again, why) = (judged.outcome.name(), judged.reason);
            Some(format!("sample {number} was a {said}; executed again it is a {again} ({why})"))
        }
        Err(error) => Some(format!("sample {number} could not be executed again: {error}")),
    }
}
