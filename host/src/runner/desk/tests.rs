use futures_util::FutureExt;

use super::*;
use crate::contract::{FindComputeNode, FindServer, NovaError, OfServer};
use crate::world::Desk as _;

const PATIENCE: Duration = Duration::from_secs(60);

fn server(name: &str) -> Effect {
    Effect::FindServer(FindServer { server: name.into() })
}

fn says(state: ServerState) -> Reply {
    Reply::Server(ServerAnswer { state })
}

fn desk(answered: BTreeMap<usize, Exchange>) -> (Desk, watch::Receiver<Phase>) {
    let (phase, seen) = watch::channel(Phase::Running);
    (Desk::new(phase, Before { answered, patience: PATIENCE }), seen)
}

#[tokio::test(start_paused = true)]
async fn two_questions_of_one_step_are_answered_one_by_one() {
    let (desk, phase) = desk(BTreeMap::new());
    let asked = [server("a"), Effect::FindComputeNode(FindComputeNode { server: "a".into() }), server("a")];
    desk.asking(3, &asked);
    let mut waiting: Vec<_> = asked.iter().map(|effect| desk.ask(effect)).collect();
    assert_eq!(desk.questions().iter().map(|question| question.index).collect::<Vec<_>>(), [3, 4, 5]);
    assert_eq!(desk.fits(4, &says(ServerState::Gone)), Taken::OtherKind("find-compute-node", "compute-node"));
    assert_eq!(desk.fits(2, &says(ServerState::Gone)), Taken::NotAsked);
    assert_eq!(desk.fits(5, &says(ServerState::Gone)), Taken::Yes(server("a")));
    desk.deliver(5, says(ServerState::Gone));
    assert_eq!(desk.fits(5, &says(ServerState::Gone)), Taken::Again);
    assert_eq!(desk.fits(5, &says(ServerState::Present)), Taken::Otherwise);
    assert_eq!(waiting.remove(2).now_or_never(), Some(says(ServerState::Gone)));
    assert_eq!((waiting.remove(0).now_or_never(), *phase.borrow()), (None, Phase::Waiting));
}

#[tokio::test(start_paused = true)]
async fn what_was_answered_before_a_restart_is_not_asked_again() {
    let answer = says(ServerState::Present);
    let before = |name: &str| BTreeMap::from([(1, Exchange { effect: server(name), reply: answer.clone() })]);
    let (known, phase) = desk(before("a"));
    known.asking(0, &[server("b"), server("a")]);
    assert_eq!(known.ask(&server("a")).now_or_never(), Some(answer.clone()));
    assert_eq!((known.questions().len(), *phase.borrow()), (0, Phase::Running));
    assert_eq!(known.fits(1, &answer), Taken::Again);
    // Unless other rules ask something else there.
    let (other, _phase) = desk(before("a"));
    other.asking(0, &[server("a"), server("b")]);
    assert_eq!(other.ask(&server("b")).now_or_never(), None);
    assert_eq!(other.fits(1, &answer), Taken::Yes(server("b")));
}

fn ports() -> Effect {
    Effect::GetPortRequests(OfServer { server: "a".into() })
}

fn raised() -> Reply {
    Reply::NovaError(NovaError { error: "NeutronClientException".into(), detail: String::new() })
}

#[tokio::test(start_paused = true)]
async fn silence_is_an_answer_after_a_while_and_a_reply_too_late_then() {
    let (desk, phase) = desk(BTreeMap::new());
    desk.asking(0, &[ports(), server("a")]);
    let (ports, server) = (desk.ask(&ports()), desk.ask(&server("a")));
    let began = Instant::now();
    let (ports, server) = tokio::join!(ports, server);
    assert_eq!(began.elapsed(), PATIENCE);
    assert!(matches!(ports, Reply::Abandoned(_)), "{ports:?}");
    assert_eq!(server, says(ServerState::Unknown));
    assert_eq!((desk.fits(0, &raised()), desk.questions().len()), (Taken::TooLate, 0));
    assert_eq!(*phase.borrow(), Phase::Running);
}

#[tokio::test(start_paused = true)]
async fn an_answer_or_a_heartbeat_gives_time_to_the_others() {
    let (desk, _phase) = desk(BTreeMap::new());
    desk.asking(0, &[ports(), server("a")]);
    let (ports, mut server) = (desk.ask(&ports()), desk.ask(&server("a")));
    let began = Instant::now();
    let caller = async {
        tokio::time::sleep(PATIENCE / 2).await;
        assert!(matches!(desk.fits(0, &raised()), Taken::Yes(_)));
        desk.deliver(0, raised());
        tokio::time::sleep(PATIENCE / 2).await;
        assert!(desk.alive());
    };
    let (ports, (), server) = tokio::join!(ports, caller, &mut server);
    assert_eq!((ports, server), (raised(), says(ServerState::Unknown)));
    assert_eq!(began.elapsed(), PATIENCE * 2);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_being_written_down_came_in_time() {
    let (desk, _phase) = desk(BTreeMap::new());
    desk.asking(0, &[ports()]);
    let waiting = desk.ask(&ports());
    assert!(matches!(desk.fits(0, &raised()), Taken::Yes(_)));
    let journal = async {
        tokio::time::sleep(PATIENCE * 3).await;
        desk.deliver(0, raised());
    };
    assert_eq!(tokio::join!(waiting, journal).0, raised());
}

#[tokio::test(start_paused = true)]
async fn nova_raises_where_it_may() {
    let (desk, _phase) = desk(BTreeMap::new());
    desk.asking(0, &[ports(), server("a")]);
    let _waiting = (desk.ask(&ports()), desk.ask(&server("a")));
    assert_eq!(desk.fits(1, &raised()), Taken::OtherKind("find-server", "server"));
    assert_eq!(desk.fits(0, &Reply::Done), Taken::OtherKind("get-port-requests", "port-requests"));
    assert_eq!(desk.fits(0, &raised()), Taken::Yes(ports()));
}
