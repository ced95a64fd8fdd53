"""What the guide shows for its sample: five tasks in the old format, two of them held."""

STATUS = {
    "success": True,
    "status": {
        "oldFormatExists": True,
        "newFormatExists": False,
        "oldTaskCount": 5,
        "newTaskCount": 0,
        "oldLeaseCount": 2,
        "newLeaseCount": 0,
    },
    "needsMigration": True,
    "recommendation": "Run migration to move to new format",
}
RUN = {
    "success": True,
    "message": "Migration completed successfully",
    "tasks": {"migrated": 5, "failed": 0, "errors": []},
    "leases": {"migrated": 2, "failed": 0, "errors": []},
    "totalMigrated": 7,
    "totalFailed": 0,
    "errors": [],
}
