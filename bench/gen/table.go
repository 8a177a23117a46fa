package gen

import "strings"

// The tables that can be made.
var (
	CommonSecurityLog   = newTable("CommonSecurityLog", commonSecurityLog, fillFirewall, firewallHits, firewallNear)
	DeviceNetworkEvents = newTable("DeviceNetworkEvents", deviceNetworkEvents, fillEndpoint, endpointHits, endpointNear)
	DnsEvents           = newTable("DnsEvents", dnsEvents, fillLookup, lookupHits, lookupNear)
)

// Tables are all of them.
var Tables = []*Table{CommonSecurityLog, DeviceNetworkEvents, DnsEvents}

// TableByName returns the table of that name, whatever its case, or nil.
func TableByName(name string) *Table {
	for _, t := range Tables {
		if strings.EqualFold(t.Name, name) {
			return t
		}
	}
	return nil
}

func newTable(name, columns string, fill func(*maker, *Row), hits, near []plant) *Table {
	t := &Table{Name: name, fill: fill, hits: hits, near: near, index: map[string]int{}}
	types := map[string]Type{"": String, "int": Int, "long": Long, "real": Real, "bool": Bool, "time": Time, "dynamic": Dynamic}
	for i, f := range strings.Fields(columns) {
		name, kind, _ := strings.Cut(f, ":")
		t.Columns = append(t.Columns, Column{Name: name, Type: types[kind]})
		t.index[name] = i
	}
	return t
}

// commonSecurityLog are the 152 columns of a portal's "Export to CSV (all
// columns)", in its order.
const commonSecurityLog = `
	TenantId SourceSystem TimeGenerated:time ReceiptTime DeviceVendor DeviceProduct DeviceEventClassID LogSeverity
	OriginalLogSeverity DeviceAction SimplifiedDeviceAction Computer CommunicationDirection DeviceFacility
	DestinationPort:int DestinationIP DeviceAddress DeviceName Message Protocol SourcePort:int SourceIP RemoteIP
	RemotePort MaliciousIP ThreatSeverity:int IndicatorThreatType ThreatDescription ThreatConfidence ReportReferenceLink
	MaliciousIPLongitude:real MaliciousIPLatitude:real MaliciousIPCountry DeviceVersion Activity ApplicationProtocol
	EventCount:int DestinationDnsDomain DestinationServiceName DestinationTranslatedAddress DestinationTranslatedPort:int
	DeviceDnsDomain DeviceExternalID DeviceInboundInterface DeviceNtDomain DeviceOutboundInterface DevicePayloadId
	ProcessName DeviceTranslatedAddress DestinationHostName DestinationMACAddress DestinationNTDomain
	DestinationProcessId:int DestinationUserPrivileges DestinationProcessName DeviceTimeZone DestinationUserID
	DestinationUserName DeviceMacAddress ProcessID:int ExternalID:int FileCreateTime FileHash FileID FileModificationTime
	FilePath FilePermission FileType FileName FileSize:int ReceivedBytes:long OldFileCreateTime OldFileHash OldFileID
	OldFileModificationTime OldFileName OldFilePath OldFilePermission OldFileSize:int OldFileType SentBytes:long
	RequestURL RequestClientApplication RequestContext RequestCookies RequestMethod SourceHostName SourceMACAddress
	SourceNTDomain SourceDnsDomain SourceServiceName SourceTranslatedAddress SourceTranslatedPort:int SourceProcessId:int
	SourceUserPrivileges SourceProcessName SourceUserID SourceUserName EventType:int DeviceCustomIPv6Address1
	DeviceCustomIPv6Address1Label DeviceCustomIPv6Address2 DeviceCustomIPv6Address2Label DeviceCustomIPv6Address3
	DeviceCustomIPv6Address3Label DeviceCustomIPv6Address4 DeviceCustomIPv6Address4Label DeviceCustomFloatingPoint1:real
	DeviceCustomFloatingPoint1Label DeviceCustomFloatingPoint2:real DeviceCustomFloatingPoint2Label
	DeviceCustomFloatingPoint3:real DeviceCustomFloatingPoint3Label DeviceCustomFloatingPoint4:real
	DeviceCustomFloatingPoint4Label DeviceCustomNumber1:int DeviceCustomNumber1Label DeviceCustomNumber2:int
	DeviceCustomNumber2Label DeviceCustomNumber3:int DeviceCustomNumber3Label DeviceCustomString1
	DeviceCustomString1Label DeviceCustomString2 DeviceCustomString2Label DeviceCustomString3 DeviceCustomString3Label
	DeviceCustomString4 DeviceCustomString4Label DeviceCustomString5 DeviceCustomString5Label DeviceCustomString6
	DeviceCustomString6Label DeviceCustomDate1 DeviceCustomDate1Label DeviceCustomDate2 DeviceCustomDate2Label FlexDate1
	FlexDate1Label FlexNumber1:int FlexNumber1Label FlexNumber2:int FlexNumber2Label FlexString1 FlexString1Label
	FlexString2 FlexString2Label AdditionalExtensions StartTime:time EndTime:time Type _ResourceId
`

// deviceNetworkEvents are the columns of an advanced hunting query that
// projects nothing away.
const deviceNetworkEvents = `
	Timestamp:time DeviceId DeviceName ActionType RemoteIP RemotePort:int RemoteUrl LocalIP LocalPort:int Protocol
	LocalIPType RemoteIPType InitiatingProcessSHA1 InitiatingProcessSHA256 InitiatingProcessMD5 InitiatingProcessFileName
	InitiatingProcessFileSize:long InitiatingProcessVersionInfoCompanyName InitiatingProcessVersionInfoProductName
	InitiatingProcessVersionInfoProductVersion InitiatingProcessVersionInfoInternalFileName
	InitiatingProcessVersionInfoOriginalFileName InitiatingProcessVersionInfoFileDescription InitiatingProcessId:long
	InitiatingProcessCommandLine InitiatingProcessCreationTime:time InitiatingProcessFolderPath
	InitiatingProcessParentFileName InitiatingProcessParentId:long InitiatingProcessParentCreationTime:time
	InitiatingProcessAccountDomain InitiatingProcessAccountName InitiatingProcessAccountSid InitiatingProcessAccountUpn
	InitiatingProcessAccountObjectId InitiatingProcessIntegrityLevel InitiatingProcessTokenElevation ReportId:long
	AppGuardContainerId AdditionalFields:dynamic InitiatingProcessSessionId:long IsInitiatingProcessRemoteSession:bool
	InitiatingProcessRemoteSessionDeviceName InitiatingProcessRemoteSessionIP InitiatingProcessUniqueId MachineGroup
`

const dnsEvents = `
	TenantId SourceSystem TimeGenerated:time Computer EventId:int SubType ClientIP Name QueryType IPAddresses Result
	ResultCode:int TaskCategory Message MaliciousIP IndicatorThreatType Description Confidence Severity:int
	RemoteIPCountry RemoteIPLatitude:real RemoteIPLongitude:real ReportReferenceLink Type _ResourceId
`
