//! The answers fit the published models.

use torn_api::models;
use tornsnap::testing::sim::DEFAULT_START;

use super::{all_pages, ask, assert_fits, at, code, list};
use crate::support::DAY;

#[test]
fn every_answer_about_players_fits_the_published_models() {
    for (seed, now) in [
        (1, DEFAULT_START),
        (2, DEFAULT_START + 61 * DAY + 300),
        (99, DEFAULT_START + 299 * DAY),
    ] {
        let simulator = at(seed, now);
        let players = simulator.player_ids();
        for id in players.iter().step_by(5) {
            for path in [
                format!("/v2/user/{id}/profile"),
                format!("/user?selections=profile&id={id}"),
            ] {
                assert_fits::<models::UserProfileResponse>(&path, &ask(&simulator, &path));
            }
            let path = format!("/v2/user/{id}/basic");
            assert_fits::<models::UserBasicResponse>(&path, &ask(&simulator, &path));
            let path = format!("/v2/user/{id}/personalstats?stat=networth");
            assert_fits::<models::UserPersonalStatsHistoric>(&path, &ask(&simulator, &path));
            let path = format!("/v2/user/{id}/personalstats?cat=networth");
            assert_fits::<models::UserPersonalStatsCategory>(&path, &ask(&simulator, &path));

            let path = format!(
                "/v2/user/{id}?selections=profile%2Cpersonalstats&stat=networth&comment=tornsnap"
            );
            let both = ask(&simulator, &path);
            assert_fits::<models::UserProfileResponse>(&path, &both);
            assert_fits::<models::UserPersonalStatsResponse>(&path, &both);
            assert_eq!(both.as_object().unwrap().len(), 2);
        }
        let path = "/v2/user?selections=profile,battlestats,personalstats&stat=networth,strength";
        let own = ask(&simulator, path);
        assert_fits::<models::UserProfileResponse>(path, &own);
        assert_fits::<models::UserBattleStatsResponse>(path, &own);
        assert_fits::<models::UserPersonalStatsHistoric>(path, &own);
        assert_eq!(own["profile"]["id"], players[0]);
        assert_fits::<models::UserBattleStatsResponse>(
            "/user/battlestats",
            &ask(&simulator, "/v2/user/battlestats"),
        );
        assert_fits::<models::KeyInfoResponse>("/key/info", &ask(&simulator, "/v2/key/info"));
    }
}

#[test]
fn every_answer_about_factions_fits_the_published_models() {
    for (seed, now) in [
        (1, DEFAULT_START),
        (2, DEFAULT_START + 33 * DAY + 80_000),
        (3, DEFAULT_START + 200 * DAY),
    ] {
        let simulator = at(seed, now);
        for id in simulator.faction_ids() {
            let path = format!(
                "/v2/faction/{id}?selections=basic,members,wars,territory,rankedwars,territorywars"
            );
            let body = ask(&simulator, &path);
            assert_fits::<models::FactionBasicResponse>(&path, &body);
            assert_fits::<models::FactionMembersResponse>(&path, &body);
            assert_fits::<models::FactionWarsResponse>(&path, &body);
            assert_fits::<models::FactionTerritoriesResponse>(&path, &body);
            assert_fits::<models::FactionRankedWarResponse>(&path, &body);
            assert_fits::<models::FactionTerritoryWarsHistoryResponse>(&path, &body);
            for selection in [
                "basic",
                "members",
                "wars",
                "territory",
                "rankedwars",
                "territorywars",
            ] {
                let alone = ask(&simulator, &format!("/faction/{id}/{selection}"));
                assert_eq!(alone[selection], body[selection]);
            }
        }
        let path = "/v2/faction/territoryownership?limit=500&offset=4000";
        let body = ask(&simulator, path);
        assert_fits::<models::FactionTerritoriesOwnershipResponse>(path, &body);
        assert_eq!(list(&body, "territoryOwnership").len(), 107);
        let path = "/v2/torn/territory?limit=250&offset=3900";
        assert_fits::<models::TornTerritoriesResponse>(path, &ask(&simulator, path));
        let path = "/v2/faction/rackets";
        let body = ask(&simulator, path);
        assert_fits::<models::FactionRacketsResponse>(path, &body);
        assert!(
            list(&body, "rackets")
                .iter()
                .all(|racket| racket["territory"].is_string())
        );
    }
}

#[test]
fn every_war_and_report_fits_the_published_models() {
    let simulator = at(4, DEFAULT_START + 90 * DAY);
    let path = "/v2/faction/warfareranked";
    assert_fits::<models::FactionWarfareRankedResponse>(path, &ask(&simulator, path));
    let path = "/v2/faction/warfareterritory";
    assert_fits::<models::FactionWarfareTerritoryWarsResponse>(path, &ask(&simulator, path));

    let (mut ranked_reports, mut territory_reports) = (0, 0);
    for war in all_pages(
        &simulator,
        "/v2/faction/warfareranked?limit=50",
        "warfareranked",
    ) {
        let path = format!("/v2/faction/{}/rankedwarreport", war["id"]);
        let report = ask(&simulator, &path);
        if war["end"] == 0 {
            assert_eq!(code(&report), Some(6), "{war}");
            continue;
        }
        ranked_reports += 1;
        assert_fits::<models::FactionRankedWarReportResponse>(&path, &report);
        assert_eq!(report["rankedwarreport"]["winner"], war["winner"]);
    }
    for war in all_pages(
        &simulator,
        "/v2/faction/warfareterritory?limit=20",
        "warfareterritory",
    ) {
        let path = format!("/v2/faction/{}/territorywarreport", war["id"]);
        let report = ask(&simulator, &path);
        if war["result"] == "in_progress" {
            assert_eq!(code(&report), Some(6), "{war}");
            assert_eq!(war["end"], 0);
            continue;
        }
        territory_reports += 1;
        assert_fits::<models::FactionTerritoryWarReportResponse>(&path, &report);
        assert_eq!(report["territorywarreport"]["result"], war["result"]);
    }
    assert!(ranked_reports > 50, "{ranked_reports}");
    assert!(territory_reports > 50, "{territory_reports}");
}

#[test]
fn answers_fit_before_the_generated_history_and_far_in_the_future() {
    let simulator = at(1, 0);
    let faction = simulator.faction_ids()[0];
    for time in [0, 1_000_000_000, 2_000_000_000] {
        simulator.set_time(time);
        let path = format!("/faction/{faction}?selections=basic,members,wars,territory");
        assert_fits::<models::FactionMembersResponse>(&path, &ask(&simulator, &path));
        assert_fits::<models::FactionWarfareRankedResponse>(
            &path,
            &ask(&simulator, "/faction/warfareranked"),
        );
        assert_fits::<models::UserPersonalStatsHistoric>(
            &path,
            &ask(&simulator, "/user/personalstats?stat=networth"),
        );
    }
}
