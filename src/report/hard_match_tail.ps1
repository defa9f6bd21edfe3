)
foreach ($pair in $pairs) {
    $name = $pair.UserPrincipalName
    $user = Get-MgUser -Filter ("userPrincipalName eq '" + $name.Replace("'", "''") + "'") `
        -Property Id, UserPrincipalName, OnPremisesImmutableId, OnPremisesSyncEnabled
    if (-not $user) {
        Write-Warning "not in the cloud: $name"
    } elseif ($user.OnPremisesImmutableId -eq $pair.ImmutableId) {
        Write-Output "already matched: $name"
    } elseif ($user.OnPremisesSyncEnabled) {
        Write-Warning "synchronised already, with another anchor; left alone: $name"
    } else {
        if ($user.OnPremisesImmutableId) {
            Write-Warning "has another anchor, $($user.OnPremisesImmutableId): $name"
        }
        Update-MgUser -UserId $user.Id -OnPremisesImmutableId $pair.ImmutableId -Confirm
    }
}
# Then let the domain controllers agree, on one of them:
#     repadmin /syncall /AdeP
# and start a delta synchronisation, on the server of Entra Connect:
#     Start-ADSyncSyncCycle -PolicyType Delta
