//! Answers of earlier tasks that may be lost are found in each kind of journal.

use super::*;
use crate::contract::{DeleteAllocations, Effect, Exchange, ForeignAnswer, Reply, Silence};

#[tokio::test]
async fn lost_answers_of_other_tasks_are_found_by_consumer() {
    let folder = TempDir::new().unwrap();
    for journal in all(&folder).await {
        let silence = || Silence { detail: String::new() };
        let foreign = |status| Reply::Foreign(ForeignAnswer { status, body: String::new() });
        let replies = [Reply::Written, Reply::Lost(silence()), foreign(502), Reply::Unreachable(silence())];
        for (task, reply) in ["written", "lost", "foreign", "unreachable"].into_iter().zip(replies) {
            let answered = entry(task, 1, 11, Event::Answered(vec![deleted(reply)]));
            journal.append(vec![opened(task, 10, None), answered, ended(task, 2, 12)]).await.unwrap();
        }
        let of = async |consumer: &str, task: &str, tasks: u32| {
            let found = journal.unsure_answers(consumer, task, tasks).await.unwrap();
            let replies = found.into_iter().map(|event| match event {
                Event::Answered(exchanges) => exchanges[0].reply.clone(),
                other => panic!("{other:?}"),
            });
            replies.collect::<Vec<_>>()
        };
        let mut both = of(A, "another", 64).await;
        both.sort_by_key(|reply| matches!(reply, Reply::Foreign(_)));
        assert_eq!(both, [Reply::Lost(silence()), foreign(502)]);
        assert_eq!(of(B, "lost", 64).await, [foreign(502)]);
        assert_eq!(of(A, "another", 2).await, [foreign(502)], "of the two newest tasks");
        assert_eq!(of("cccccccc-0000-4000-8000-000000000003", "another", 64).await, []);
    }
}

fn deleted(reply: Reply) -> Exchange {
    let [consumer, project, user] = [A, "p", "u"].map(str::to_owned);
    let effect = Effect::DeleteAllocations(DeleteAllocations { consumer, project, user, generation: 3 });
    Exchange::new(effect, reply)
}
