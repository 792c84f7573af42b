use futures_util::FutureExt;

use super::*;
use crate::contract::{FindComputeNode, FindServer, NovaError, OfServer};
use crate::executor::Caller as _;

const PATIENCE: Duration = Duration::from_secs(60);

fn server(name: &str) -> Effect {
    Effect::FindServer(FindServer { server: name.into() })
}

fn says(state: ServerState) -> Reply {
    Reply::Server(ServerAnswer { state, details: None })
}

fn questions(answered: BTreeMap<usize, Exchange>) -> (PendingQuestions, watch::Receiver<Phase>) {
    let (phase, seen) = watch::channel(Phase::Running);
    (PendingQuestions::new(phase, PriorAnswers { answered, timeout: PATIENCE, resumed: false }), seen)
}

#[tokio::test(start_paused = true)]
async fn two_questions_of_one_step_are_answered_one_by_one() {
    let (questions, phase) = questions(BTreeMap::new());
    let asked = [server("a"), Effect::FindComputeNode(FindComputeNode { server: "a".into() }), server("a")];
    questions.set_asked(3, &asked);
    let mut waiting: Vec<_> = asked.iter().map(|effect| questions.ask(effect)).collect();
    assert_eq!(questions.fetch(Reader::Caller).iter().map(|question| question.index).collect::<Vec<_>>(), [3, 4, 5]);
    assert_eq!(
        questions.check_reply(4, &says(ServerState::Gone)),
        ReplyCheck::OtherKind("find-compute-node", "compute-node")
    );
    assert_eq!(questions.check_reply(2, &says(ServerState::Gone)), ReplyCheck::NotAsked);
    assert_eq!(questions.check_reply(5, &says(ServerState::Gone)), ReplyCheck::Yes(server("a")));
    questions.deliver(5, says(ServerState::Gone));
    assert_eq!(questions.check_reply(5, &says(ServerState::Gone)), ReplyCheck::Repeated);
    assert_eq!(questions.check_reply(5, &says(ServerState::Present)), ReplyCheck::Otherwise);
    assert_eq!(waiting.remove(2).now_or_never(), Some(says(ServerState::Gone)));
    assert_eq!((waiting.remove(0).now_or_never(), *phase.borrow()), (None, Phase::Waiting));
}

#[tokio::test(start_paused = true)]
async fn what_was_answered_before_a_restart_is_not_asked_again() {
    let answer = says(ServerState::Present);
    let before = |name: &str| BTreeMap::from([(1, Exchange::new(server(name), answer.clone()))]);
    let (known, phase) = questions(before("a"));
    known.set_asked(0, &[server("b"), server("a")]);
    assert_eq!(known.ask(&server("a")).now_or_never(), Some(answer.clone()));
    assert_eq!((known.fetch(Reader::Caller).len(), *phase.borrow()), (0, Phase::Running));
    assert_eq!(known.check_reply(1, &answer), ReplyCheck::Repeated);
    // Another policy may ask something else at this position.
    let (other, _phase) = questions(before("a"));
    other.set_asked(0, &[server("a"), server("b")]);
    assert_eq!(other.ask(&server("b")).now_or_never(), None);
    assert_eq!(other.check_reply(1, &answer), ReplyCheck::Yes(server("b")));
}

fn ports() -> Effect {
    Effect::GetPortRequests(OfServer { server: "a".into() })
}

fn raised() -> Reply {
    Reply::NovaError(NovaError { error: "NeutronClientException".into(), detail: String::new() })
}

#[tokio::test(start_paused = true)]
async fn after_the_timeout_a_question_is_abandoned_and_a_reply_too_late() {
    let (questions, phase) = questions(BTreeMap::new());
    questions.set_asked(0, &[ports(), server("a")]);
    let (ports, server) = (questions.ask(&ports()), questions.ask(&server("a")));
    assert_eq!(questions.fetch(Reader::Caller).len(), 2);
    let began = Instant::now();
    let (ports, server) = tokio::join!(ports, server);
    assert_eq!(began.elapsed(), PATIENCE);
    assert!(matches!(ports, Reply::Abandoned(_)), "{ports:?}");
    assert_eq!(server, says(ServerState::Unknown));
    assert_eq!((questions.check_reply(0, &raised()), questions.fetch(Reader::Caller).len()), (ReplyCheck::TooLate, 0));
    assert_eq!(*phase.borrow(), Phase::Running);
}

#[tokio::test(start_paused = true)]
async fn an_answer_or_a_heartbeat_gives_time_to_the_others() {
    let (questions, _phase) = questions(BTreeMap::new());
    questions.set_asked(0, &[ports(), server("a")]);
    let (ports, mut server) = (questions.ask(&ports()), questions.ask(&server("a")));
    assert_eq!(questions.fetch(Reader::Caller).len(), 2);
    let began = Instant::now();
    let caller = async {
        tokio::time::sleep(PATIENCE / 2).await;
        assert!(matches!(questions.check_reply(0, &raised()), ReplyCheck::Yes(_)));
        questions.deliver(0, raised());
        tokio::time::sleep(PATIENCE / 2).await;
        assert!(questions.heartbeat());
    };
    let (ports, (), server) = tokio::join!(ports, caller, &mut server);
    assert_eq!((ports, server), (raised(), says(ServerState::Unknown)));
    assert_eq!(began.elapsed(), PATIENCE * 2);
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_is_being_recorded_is_in_time() {
    let (questions, _phase) = questions(BTreeMap::new());
    questions.set_asked(0, &[ports()]);
    let waiting = questions.ask(&ports());
    assert!(matches!(questions.check_reply(0, &raised()), ReplyCheck::Yes(_)));
    let journal = async {
        tokio::time::sleep(PATIENCE * 3).await;
        questions.deliver(0, raised());
    };
    assert_eq!(tokio::join!(waiting, journal).0, raised());
}

/// The replies to three questions in two steps. The first one was fetched, the others were only looked at.
async fn after_the_first_was_fetched(resumed: bool) -> [Reply; 3] {
    let (phase, _seen) = watch::channel(Phase::Running);
    let questions =
        PendingQuestions::new(phase, PriorAnswers { answered: BTreeMap::new(), timeout: PATIENCE, resumed });
    questions.set_asked(0, &[ports()]);
    let first = questions.ask(&ports());
    if !resumed {
        questions.fetch(Reader::Caller);
    }
    let first = first.await;
    questions.set_asked(1, &[ports(), server("a")]);
    let looks = async {
        tokio::time::sleep(PATIENCE / 2).await;
        assert_eq!(questions.fetch(Reader::Observer).len(), 2);
    };
    let (second, third, ()) = tokio::join!(questions.ask(&ports()), questions.ask(&server("a")), looks);
    [first, second, third]
}

#[tokio::test(start_paused = true)]
async fn a_question_that_no_client_fetched_was_not_carried_out() {
    // Before a restart, a client may have fetched the first one.
    for resumed in [false, true] {
        let [fetched, second, third] = after_the_first_was_fetched(resumed).await;
        assert!(matches!(fetched, Reply::Abandoned(_)), "{fetched:?}");
        for reply in [second, third] {
            let Reply::Unreachable(silence) = reply else { panic!("{reply:?}") };
            assert_eq!(silence.detail, "its caller did not fetch the question for 60s");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_question_times_out_although_a_late_reply_was_declined() {
    let (questions, _phase) = questions(BTreeMap::new());
    questions.set_asked(0, &[ports()]);
    let waiting = questions.ask(&ports());
    questions.fetch(Reader::Caller);
    let declining = async {
        tokio::time::sleep(PATIENCE / 2).await;
        assert!(matches!(questions.check_reply(0, &raised()), ReplyCheck::Yes(_)));
        tokio::time::sleep(PATIENCE).await;
        questions.decline(0);
    };
    let both = async { tokio::join!(waiting, declining).0 };
    let reply = tokio::time::timeout(PATIENCE * 5, both).await;
    assert!(matches!(reply, Ok(Reply::Abandoned(_))), "{reply:?}");
}

#[tokio::test(start_paused = true)]
async fn nova_raises_where_it_may() {
    let (questions, _phase) = questions(BTreeMap::new());
    questions.set_asked(0, &[ports(), server("a")]);
    let _waiting = (questions.ask(&ports()), questions.ask(&server("a")));
    assert_eq!(questions.check_reply(1, &raised()), ReplyCheck::OtherKind("find-server", "server"));
    assert_eq!(questions.check_reply(0, &Reply::Done), ReplyCheck::OtherKind("get-port-requests", "port-requests"));
    assert_eq!(questions.check_reply(0, &raised()), ReplyCheck::Yes(ports()));
}
