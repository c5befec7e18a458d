import traceback
def test_e(browser, make, app):
    from helpdesk.db import db
    c = make.case("accepted"); n=c.number
    for path in ("inquiry","contact-attempts","handover","triage"):
        browser.client("chen"); 
        r = browser.client("wang" if path=="triage" else "chen").get(f"/cases/{n}/{path}")
        print(path, r.status_code)
