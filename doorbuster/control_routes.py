"""Every URL of the control plane, room by room; those of the data plane are in `routes.py`."""

from starlette.routing import BaseRoute, Route


def control_plane_routes() -> list[BaseRoute]:
    """Return what merchants and operators reach on CONTROL_PORT, in order of precedence.

    A `guarded` line ends with the permission it needs (`accounts/roles.py` says which role has it) and its method when
    that is not GET; the other lines are what anybody reaches.
    """
    return [
        *_control_of_machines(),
        *_control_of_log_in(),
        *_control_of_the_house(),
        *_control_of_the_watch(),
        *_control_of_alerts(),
        *_control_of_on_call(),
        *_control_of_incidents(),
        *_postmortems(),
        *_control_of_drills(),
        *_control_of_the_guard(),
        *_control_of_sales(),
        *_control_of_orders(),
    ]


def _control_of_machines() -> list[BaseRoute]:
    from doorbuster.control import alerts, diagnoses, health, series

    return [
        Route("/healthz", health.healthz),
        Route("/readyz", health.readyz),
        Route("/metrics", health.metrics_show),
        Route("/api/v1/diagnosis", diagnoses.diagnosis_told),
        Route("/api/v1/alerts", alerts.alerts_told),
        Route("/api/v1/series", series.series_told),
    ]


def _control_of_log_in() -> list[BaseRoute]:
    from doorbuster.control import login, views
    from doorbuster.control.access import guarded

    return [
        Route("/log-in", login.log_in_show),
        Route("/log-in", login.log_in_create, methods=["POST"]),
        Route("/links/{token}", login.link_show),
        Route("/links/{token}", login.link_use, methods=["POST"]),
        Route("/views/{token}", views.view_enter),
        guarded("/log-out", login.log_out_create, "look", "POST"),
    ]


def _control_of_the_house() -> list[BaseRoute]:
    from doorbuster.control import journal_pages, operators, outbox, overview, products, views
    from doorbuster.control.access import guarded

    return [
        guarded("/", overview.overview_show, "glance"),
        guarded("/products", products.products_index, "look"),
        guarded("/journal", journal_pages.journal_index, "look"),
        guarded("/outbox", outbox.outbox_index, "contact"),
        guarded("/outbox/{id:uuid}", outbox.mail_show, "contact"),
        guarded("/outbox/{id:uuid}/body", outbox.mail_body_show, "contact"),
        guarded("/outbox/jobs/{id:int}/retry", outbox.job_retry, "operate", "POST"),
        guarded("/outbox/jobs/{id:int}/discard", outbox.job_discard, "operate", "POST"),
        guarded("/operators", operators.operators_index, "manage"),
        guarded("/operators", operators.invitation_create, "manage", "POST"),
        guarded("/operators/views", views.view_create, "manage", "POST"),
        guarded("/operators/views/{id:int}/revocation", views.view_revoke, "manage", "POST"),
        guarded("/operators/{id:uuid}/recovery", operators.recovery_create, "manage", "POST"),
        guarded("/operators/{id:uuid}/disablement", operators.operator_disable, "manage", "POST"),
    ]


def _control_of_incidents() -> list[BaseRoute]:
    from doorbuster.control.access import guarded
    from doorbuster.incident import api, board_pages, pages, runbook_pages

    return [
        Route("/status", pages.status_show),
        Route("/api/v1/incidents", api.incidents_told),
        Route("/api/v1/incidents/report", api.report_told),
        Route("/api/v1/incidents/notes", api.note_receive, methods=["POST"]),
        Route("/api/v1/incidents/{id:int}", api.incident_told),
        guarded("/incidents", pages.incidents_index, "look"),
        guarded("/incidents", pages.incident_create, "operate", "POST"),
        guarded("/incidents/board", board_pages.board_show, "look"),
        guarded("/incidents/items/{item:int}", board_pages.item_finish, "operate", "POST"),
        guarded("/incidents/reports", board_pages.reports_show, "look"),
        guarded("/incidents/reports.csv", board_pages.reports_csv, "look"),
        guarded("/incidents/{id:int}", pages.incident_show, "look"),
        guarded("/incidents/{id:int}/state", pages.incident_move, "operate", "POST"),
        guarded("/incidents/{id:int}/notes", pages.note_create, "operate", "POST"),
        guarded("/incidents/{id:int}/roles", pages.role_take, "operate", "POST"),
        guarded("/incidents/{id:int}/updates", pages.update_create, "operate", "POST"),
        guarded("/incidents/{id:int}/merging", pages.incident_merge, "operate", "POST"),
        guarded("/incidents/{id:int}/splitting", pages.incident_split, "operate", "POST"),
        guarded("/incidents/{id:int}/lines/{line:int}", pages.line_evidence, "look"),
        guarded("/incidents/{id:int}/lines/{line:int}", pages.line_mark, "operate", "POST"),
        guarded("/incidents/{id:int}/lines/{line:int}/undo", runbook_pages.action_undo, "operate", "POST"),
        guarded("/incidents/{id:int}/runbooks/{rule}", runbook_pages.runbook_show, "look"),
        guarded("/incidents/{id:int}/actions", runbook_pages.action_do, "operate", "POST"),
        guarded("/incidents/{id:int}/items", board_pages.item_new, "operate"),
        guarded("/incidents/{id:int}/items", board_pages.item_create, "operate", "POST"),
    ]


def _postmortems() -> list[BaseRoute]:
    from doorbuster.control.access import guarded
    from doorbuster.incident import postmortem_pages as pages

    return [
        guarded("/postmortems", pages.company_index, "look"),
        Route("/postmortems.xml", pages.feed_show),
        guarded("/incidents/{id:int}/postmortem", pages.postmortem_show, "look"),
        guarded("/incidents/{id:int}/postmortem.md", pages.postmortem_markdown, "look"),
        guarded("/incidents/{id:int}/postmortem", pages.postmortem_write, "operate", "POST"),
        guarded("/incidents/{id:int}/postmortem/publication", pages.postmortem_publish, "operate", "POST"),
        guarded("/incidents/{id:int}/postmortem/{section}", pages.section_show, "operate"),
        guarded("/incidents/{id:int}/postmortem/{section}", pages.section_edit, "operate", "POST"),
        guarded("/incidents/{id:int}/review", pages.incident_review, "operate", "POST"),
        guarded("/incidents/{id:int}/drill.toml", pages.drill_show, "look"),
    ]


def _control_of_drills() -> list[BaseRoute]:
    from doorbuster.control.access import guarded
    from doorbuster.drill import pages as drills

    return [
        guarded("/drills", drills.drills_index, "look"),
        guarded("/drills/{name}/{at}", drills.report_show, "look"),
    ]


def _control_of_alerts() -> list[BaseRoute]:
    from doorbuster.control import alerts, runbooks
    from doorbuster.control.access import guarded

    return [
        guarded("/alerts", alerts.alerts_index, "look"),
        guarded("/alerts/silence", alerts.silence_show, "operate"),
        guarded("/alerts/silence", alerts.silence_create, "operate", "POST"),
        guarded("/alerts/silences/{id:int}/end", alerts.silence_end, "operate", "POST"),
        guarded("/runbooks", runbooks.runbooks_index, "look"),
        guarded("/runbooks/{name}", runbooks.runbook_show, "look"),
    ]


def _control_of_on_call() -> list[BaseRoute]:
    from doorbuster.control import on_call, on_call_people, on_call_policy, on_call_rota
    from doorbuster.control.access import guarded

    return [
        guarded("/on-call", on_call.on_call_index, "look"),
        guarded("/on-call/targets/{id:int}/test", on_call.target_test, "operate", "POST"),
        guarded("/on-call/people", on_call_people.person_create, "operate", "POST"),
        guarded("/on-call/people/{id:int}", on_call_people.person_show, "look"),
        guarded("/on-call/people/{id:int}/removal", on_call_people.person_remove, "operate", "POST"),
        guarded("/on-call/people/{id:int}/targets", on_call_people.target_create, "operate", "POST"),
        guarded(
            "/on-call/people/{id:int}/targets/{target:int}/removal", on_call_people.target_remove, "operate", "POST"
        ),
        guarded("/on-call/tests/{team}", on_call_people.page_try, "operate", "POST"),
        guarded("/on-call/rotations/{team}", on_call_rota.rotation_show, "operate"),
        guarded("/on-call/rotations/{team}", on_call_rota.rotation_set, "operate", "POST"),
        guarded("/on-call/stand-ins", on_call_rota.stand_in_show, "operate"),
        guarded("/on-call/stand-ins", on_call_rota.stand_in_create, "operate", "POST"),
        guarded("/on-call/stand-ins/{id:int}/end", on_call_rota.stand_in_end, "operate", "POST"),
        guarded("/on-call/policies/{subject}", on_call_policy.policy_show, "operate"),
        guarded("/on-call/policies/{subject}", on_call_policy.policy_set, "operate", "POST"),
        guarded("/on-call/policies/{subject}/removal", on_call_policy.policy_remove, "operate", "POST"),
        guarded("/on-call/pages/{id:uuid}/acknowledgement", on_call.page_acknowledge, "operate", "POST"),
        guarded("/on-call/pages/{id:uuid}/resolution", on_call.page_resolve, "operate", "POST"),
        Route("/on-call/pages/{id:uuid}/{token}", on_call.take_show),
        Route("/on-call/pages/{id:uuid}/{token}", on_call.take_create, methods=["POST"]),
    ]


def _control_of_the_watch() -> list[BaseRoute]:
    from doorbuster.control import auditing, database_pages, diagnoses, queries
    from doorbuster.control.access import guarded

    return [
        guarded("/diagnosis", diagnoses.diagnosis_show, "look"),
        guarded("/diagnosis/{id:int}", diagnoses.record_show, "look"),
        guarded("/database", database_pages.database_show, "look"),
        guarded("/queries", queries.queries_index, "look"),
        guarded("/audit", auditing.audit_show, "look"),
        guarded("/audit", auditing.audit_begin, "operate", "POST"),
    ]


def _control_of_the_guard() -> list[BaseRoute]:
    from doorbuster.control import limits, load, rehearsing
    from doorbuster.control.access import guarded

    return [
        Route("/internal/rehearsals", rehearsing.rehearsal_create, methods=["POST"]),
        guarded("/guard", limits.guard_index, "look"),
        guarded("/guard/limits/{name}", limits.limit_show, "operate"),
        guarded("/guard/limits/{name}", limits.limit_set, "operate", "POST"),
        guarded("/guard/load", load.load_show, "operate"),
        guarded("/guard/load", load.load_set, "operate", "POST"),
        guarded("/guard/levers/{id:int}/undo", limits.lever_undo, "operate", "POST"),
    ]


def _control_of_sales() -> list[BaseRoute]:
    from doorbuster.control import rooms, sales
    from doorbuster.control import sale_editing as editing
    from doorbuster.control import sale_levers as levers
    from doorbuster.control.access import guarded

    return [
        guarded("/sales", sales.sales_index, "glance"),
        guarded("/sales", editing.sale_create, "sell", "POST"),
        guarded("/sales/new", editing.sale_new, "sell"),
        guarded("/sales/{id:uuid}", sales.sale_show, "glance"),
        guarded("/sales/{id:uuid}/edit", editing.sale_edit_show, "sell"),
        guarded("/sales/{id:uuid}/edit", editing.sale_update, "sell", "POST"),
        guarded("/sales/{id:uuid}/room", rooms.room_show, "look"),
        guarded("/sales/{id:uuid}/room", rooms.room_set, "operate", "POST"),
        guarded("/sales/{id:uuid}/pause", levers.lever_show(levers.PAUSE), "operate"),
        guarded("/sales/{id:uuid}/pause", levers.lever_pull(levers.PAUSE), "operate", "POST"),
        guarded("/sales/{id:uuid}/resumption", levers.lever_show(levers.RESUMPTION), "operate"),
        guarded("/sales/{id:uuid}/resumption", levers.lever_pull(levers.RESUMPTION), "operate", "POST"),
        guarded("/sales/{id:uuid}/end", levers.lever_show(levers.END), "operate"),
        guarded("/sales/{id:uuid}/end", levers.lever_pull(levers.END), "operate", "POST"),
    ]


def _control_of_orders() -> list[BaseRoute]:
    from doorbuster.control import order_changes as changes
    from doorbuster.control import orders, payments
    from doorbuster.control.access import guarded

    return [
        guarded("/orders", orders.orders_index, "contact"),
        guarded("/orders/{id:uuid}", orders.order_show, "contact"),
        guarded("/orders/{id:uuid}/fulfilment", changes.fulfilment_show, "sell"),
        guarded("/orders/{id:uuid}/fulfilment", changes.fulfilment_create, "sell", "POST"),
        guarded("/orders/{id:uuid}/cancellation", changes.cancellation_show, "sell"),
        guarded("/orders/{id:uuid}/cancellation", changes.cancellation_create, "sell", "POST"),
        guarded("/orders/{id:uuid}/refund", changes.refund_show, "sell"),
        guarded("/orders/{id:uuid}/refund", changes.refund_create, "sell", "POST"),
        guarded("/orders/{id:uuid}/refunds/{refund_id:uuid}/retry", payments.refund_retry, "sell", "POST"),
        guarded("/payments", payments.payments_index, "contact"),
        guarded("/payments/discrepancies/{id:uuid}/closing", payments.closing_show, "sell"),
        guarded("/payments/discrepancies/{id:uuid}/closing", payments.closing_create, "sell", "POST"),
    ]
