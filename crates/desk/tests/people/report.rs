//! The Customer Detail Report.

use desk::look::ReportRow;
use desk::{Configuration, Owned, Row};

use crate::find::{configuration, ledger};
use crate::world::{World, alone, kind, number, of_4711, owned};

#[test]
fn the_report_has_ids_products_counts_hosts_maintenance_terms_and_packs() {
    let mut world = ledger();
    world.member("4711", "lee", "R");
    // Served here too, and once more without the ledger knowing of it.
    world.owned = vec![owned(1717, "mill", 5), owned(9000, "saw", 2)];
    let rows = world.desk.customer_report(&world.ctx(), &of_4711("lee"), &number("4711")).unwrap();
    let csv = ReportRow::csv(&rows);
    assert_eq!(
        csv,
        "configuration,product_line,product,modules,feature,version,seat,count,host,maintenance,from,until,order,\
         subscription,invoice,serials,installs,packs,standing,warnings\r\n\
         1717,Mill,mill,,mill,4.2,floating,5,02fc00000001,active,,31-dec-2027,O-1001,SUB-1,INV-1,10-11-71-DD,7711 7712,\
         P-1001,active,\r\n\
         1718,Mill,mill,,mill,4.2,floating,5,02fc00000002,active,,31-dec-2027,O-1001,SUB-1,INV-1,10-11-71-DD,7711 7712,\
         ,active,\r\n\
         6696,Mill,,,lathe,4.2,floating,3,02fc00000001,active,,31-dec-2027,O-1001,SUB-1,INV-1,,4545 4547,P-1001,active,\
         install number 4547 is given twice\r\n\
         9000,Mill,,,saw,,named,2,02fc00000001,active,,31-dec-2027,,SUB-1,INV-1,,,P-1,active,\r\n"
    );
    let json = ReportRow::json(&rows);
    assert!(
        json.starts_with(r#"[{"configuration":"1717","product_line":"Mill","product":"mill","#),
        "{json}"
    );
    assert!(json.contains(r#""until":"31-dec-2027""#) && json.contains(r#""product":null"#), "{json}");
}

#[test]
fn the_report_is_the_companys_own() {
    let mut world = ledger();
    for (name, letters) in [("lee", "R"), ("osman", "L"), ("new", "SL")] {
        world.member("4711", name, letters);
    }
    world.owned = vec![Owned { company: Some(number("4712")), ..owned(9000, "saw", 2) }];
    let report = |actor, company: &str| {
        let told = world.desk.customer_report(&world.ctx(), &actor, &number(company));
        told.map(|rows| rows.len()).map_err(|refusal| kind(&Err(refusal)))
    };
    assert_eq!(report(of_4711("lee"), "4711"), Ok(3));
    assert_eq!(report(of_4711("lee"), "4712"), Err("conflict".into()));
    assert_eq!(report(of_4711("osman"), "4711"), Err("forbidden".into()));
    assert_eq!(report(of_4711("new"), "4711"), Err("forbidden".into()));
    assert_eq!(report(alone("ada"), "4712"), Ok(1));
    assert_eq!(report(alone("ada"), "4799"), Err("not found".into()));
}

#[test]
fn wc_03_no_cell_of_the_report_is_a_formula() {
    let mut world = World::new();
    let bad = "=cmd|'/c calc'!A1";
    let row = Configuration {
        product_line: bad.into(),
        serials: vec!["+1".into()],
        warnings: vec!["@x".into()],
        ..configuration(1, "mill", 1)
    };
    world.put(Row::Configuration(Box::new(row)));
    let rows = world.desk.customer_report(&world.ctx(), &alone("ada"), &number("4711")).unwrap();
    let csv = ReportRow::csv(&rows);
    let line = csv.lines().nth(1).unwrap();
    assert!(line.contains(&format!(",'{bad},")), "{line}");
    assert!(line.contains(",'+1,") && line.ends_with(",'@x"), "{line}");
}
