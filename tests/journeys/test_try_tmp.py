def test_x(sit, desk, js):
    from flask import Response

    from helpdesk.adapters import packaged

    desk.app.url_build_error_handlers.append(lambda e, endpoint, v: "/stub-" + endpoint)
    if "home.htmx" not in desk.app.view_functions:
        desk.app._got_first_request = False
        desk.app.add_url_rule(
            "/htmx.js", "home.htmx", lambda: Response(packaged.htmx_file().read_bytes(), mimetype="text/javascript")
        )
    with desk.inside() as make:
        case = make.case("offered")
        oid = make.offer(case).id
        n = case.number
    chen = sit("chen", js=js)
    chen.open("/inbox")
    chen.open(f"/offers/{oid}")
    print(chen.words())
    chen.choose("no_conflict").press("我来接")
    print(chen.path, chen.words())
    chen.page.screenshot(path=f"/tmp/jt/case-{js}.png", full_page=True)
