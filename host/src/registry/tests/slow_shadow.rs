//! A shadow policy that is too slow.

use futures_util::FutureExt;

use super::*;

#[tokio::test]
async fn a_shadow_that_is_too_slow_loses_its_role() {
    let journal = Journal::off();
    let registry = open(&journal, &Trust::default()).await.unwrap();
    let [slow, other] = [registry.active(MOVE), registry.add(hostile("panics"), None).await.unwrap()];
    registry.set_shadow(Some(other.clone()), None).await.unwrap();
    for _ in 0..2 {
        registry.shadow_was_slow(&other, MOVE).await;
        // Of a policy that is not the shadow policy any more.
        registry.shadow_was_slow(&slow, MOVE).await;
    }
    assert_eq!(shadow(&registry), Some(other.digest()));
    registry.shadow_was_slow(&other, MOVE).await;
    assert_eq!((shadow(&registry), journal.setting(SHADOW).await.unwrap()), (None, None));
    registry.set_shadow(Some(other.clone()), None).await.unwrap();
    registry.shadow_was_slow(&other, MOVE).await;
    assert_eq!(shadow(&registry), Some(other.digest()), "it is counted from the beginning");
}

#[tokio::test]
async fn a_slow_shadow_loses_its_role_before_that_is_stored() {
    let journal = Journal::off();
    let registry = open(&journal, &Trust::default()).await.unwrap();
    let slow = registry.add(hostile("panics"), None).await.unwrap();
    registry.set_shadow(Some(slow.clone()), None).await.unwrap();
    for _ in 0..2 {
        registry.shadow_was_slow(&slow, MOVE).await;
    }
    let other_change = registry.changing.lock().await;
    let mut ends = Box::pin(registry.shadow_was_slow(&slow, MOVE));
    assert!((&mut ends).now_or_never().is_none(), "another change is being stored");
    assert!(registry.shadow(MOVE).is_none());
    assert_eq!(journal.setting(SHADOW).await.unwrap(), Some(slow.digest().to_string()));
    drop(other_change);
    ends.await;
    assert_eq!((shadow(&registry), journal.setting(SHADOW).await.unwrap()), (None, None));
}
